/**
 * A clock that stands still until it is told to move.
 *
 * `advance(d)` repeats: drain until no activity is held and no promise is about to run, then jump to the next timer, up to the
 * moment `d` from now. Timers of one moment run in the order in which they were set. In a deterministic run nothing waits for
 * the event loop; work that does wait for it holds an activity, and `advance` lets the loop turn until it is released.
 */
import { assert } from "./assert.ts";
import type { Activity, Clock, Timer } from "./clock.ts";
import { realClock } from "./clock.ts";
import { Heap } from "./heap.ts";

export interface VirtualClock extends Clock {
  /** Moves time forward by `durationMs`, running everything that falls due. One call at a time. */
  advance(durationMs: number): Promise<void>;
  /** Lets everything that needs no time run to its end; time stands still. */
  settle(): Promise<void>;
  /**
   * Moves time forward, timer by timer, until `done()` holds; false where `limitMs` passed first.
   */
  advanceUntil(done: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean>;
}

interface VirtualTimer {
  dueMs: number;
  sequence: number;
  run: (() => void) | undefined;
}

/** Microtask turns without any activity after which the world counts as still. */
const QUIET_TURNS = 64;
/** Event-loop turns that `settle` waits for held activities before it says who holds them. */
const MAX_LOOP_TURNS = 200_000;

/** `startMs`: the first moment, in milliseconds since the epoch. */
export function virtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  const timers = new Heap<VirtualTimer>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence));
  const held = new Map<Activity, string>();
  let nowMs = startMs;
  let sequence = 0;
  let moving = false;

  async function settle(): Promise<void> {
    let quiet = 0;
    let loopTurns = 0;
    while (quiet < QUIET_TURNS) {
      await Promise.resolve();
      if (held.size === 0) {
        quiet++;
        continue;
      }
      quiet = 0;
      // What is held may wait for real I/O: the loop has to turn for it.
      if (++loopTurns % 256 === 0) await realClock.pause();
      assert(
        loopTurns < MAX_LOOP_TURNS * 256,
        `virtual time cannot move: still at work: ${[...new Set(held.values())].join(", ")}`,
      );
    }
  }

  /** Runs what is due at the next moment, at most `untilMs`; false when nothing is. */
  async function step(untilMs: number): Promise<boolean> {
    await settle();
    while (timers.first !== undefined && timers.first.run === undefined) timers.pop();
    const next = timers.first;
    if (next === undefined || next.dueMs > untilMs) return false;
    timers.pop();
    nowMs = Math.max(nowMs, next.dueMs);
    const run = next.run;
    next.run = undefined;
    run?.();
    return true;
  }

  async function exclusively<T>(move: () => Promise<T>): Promise<T> {
    assert(!moving, "virtual time is already being moved: await the earlier advance first");
    moving = true;
    try {
      return await move();
    } finally {
      moving = false;
    }
  }

  return {
    now: () => nowMs,
    monotonic: () => nowMs - startMs,
    after(delayMs, run): Timer {
      const timer: VirtualTimer = { dueMs: nowMs + Math.max(delayMs, 0), sequence: sequence++, run };
      timers.push(timer);
      return {
        cancel() {
          timer.run = undefined;
        },
      };
    },
    hold(what) {
      const activity: Activity = {
        release() {
          held.delete(activity);
        },
      };
      held.set(activity, what);
      return activity;
    },
    pause: () => Promise.resolve(),
    settle,
    advance: (durationMs) =>
      exclusively(async () => {
        const untilMs = nowMs + durationMs;
        while (await step(untilMs));
        nowMs = untilMs;
        await settle();
      }),
    advanceUntil: (done, limitMs) =>
      exclusively(async () => {
        const untilMs = nowMs + limitMs;
        await settle();
        while (!(await done())) {
          if (!(await step(untilMs))) {
            nowMs = untilMs;
            await settle();
            return done();
          }
          await settle();
        }
        return true;
      }),
  };
}

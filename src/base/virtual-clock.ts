/**
 * A clock that stands still until it is told to move.
 *
 * `advance(d)` repeats: drain until no activity is held and no promise is about to run, then jump to the next timer, up to the
 * moment `d` from now. Timers of one moment run in the order in which they were set.
 *
 * A deterministic clock never waits for the event loop: work that awaits real input or output (or the clock itself, while it
 * holds an activity) would make runs differ, so it fails the run, and the failure names it. A clock that is not lets the loop
 * turn until what is held has been released.
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

export interface VirtualClockOptions {
  /** The first moment, in milliseconds since the epoch. */
  startMs?: number;
  /** Nothing may wait for real input or output. */
  deterministic?: boolean;
}

/** Microtask turns without any activity after which the world counts as still. */
const QUIET_TURNS = 64;
/** Microtask turns in which nobody takes or releases an activity, after which what is held waits for something else. */
const MOST_TURNS = 1_000_000;
/** The same where something else may be waited for. */
const MOST_TURNS_WITH_LOOP = 50_000_000;
/** Microtask turns between two turns of the event loop, for work that waits for it. */
const TURNS_A_LOOP = 256;
/** Timers that run between two turns of the event loop in a deterministic run: whatever else is in the process goes on. */
const STEPS_A_LOOP = 1024;

export function virtualClock({ startMs = Date.UTC(2026, 0, 1), deterministic = false }: VirtualClockOptions = {}): VirtualClock {
  const timers = new Heap<VirtualTimer>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence));
  const held = new Map<Activity, string>();
  let nowMs = startMs;
  let sequence = 0;
  let moving = false;
  /** Counts who takes and who releases an activity. */
  let changes = 0;
  let steps = 0;
  let turning = false;
  let intruder: string | undefined;

  const holders = (): string => [...new Set(held.values())].join(", ");

  async function settle(): Promise<void> {
    let quiet = 0;
    let stuck = 0;
    let seen = changes;
    while (quiet < QUIET_TURNS) {
      await Promise.resolve();
      if (held.size === 0) {
        quiet++;
        continue;
      }
      quiet = 0;
      stuck = seen === changes ? stuck + 1 : 0;
      seen = changes;
      if (!deterministic && stuck % TURNS_A_LOOP === TURNS_A_LOOP - 1) await realClock.pause();
      assert(
        stuck < (deterministic ? MOST_TURNS : MOST_TURNS_WITH_LOOP),
        `virtual time cannot move: still at work: ${holders()}${deterministic ? "; real input or output was awaited, or the clock itself" : ""}`,
      );
    }
  }

  /** Lets the event loop turn while nothing is at work; who begins to work now was woken by real input or output. */
  async function turnLoop(): Promise<void> {
    turning = true;
    await realClock.pause();
    turning = false;
    assert(intruder === undefined, `the run is not deterministic: real input or output was awaited before ${intruder}`);
  }

  /** Runs what is due at the next moment, at most `untilMs`; false when nothing is. */
  async function step(untilMs: number): Promise<boolean> {
    await settle();
    if (deterministic && ++steps % STEPS_A_LOOP === 0) await turnLoop();
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
          if (held.delete(activity)) changes++;
        },
      };
      if (turning) intruder ??= what;
      changes++;
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

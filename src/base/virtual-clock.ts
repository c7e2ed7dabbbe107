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

class TimerHeap {
  readonly #timers: VirtualTimer[] = [];

  get next(): VirtualTimer | undefined {
    return this.#timers[0];
  }

  push(timer: VirtualTimer): void {
    const timers = this.#timers;
    let index = timers.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfBefore(index, parent)) break;
      index = parent;
    }
  }

  pop(): VirtualTimer | undefined {
    const timers = this.#timers;
    const first = timers[0];
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return first;
    timers[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const smaller = left + 1 < timers.length && this.#before(left + 1, left) ? left + 1 : left;
      if (smaller >= timers.length || !this.#swapIfBefore(smaller, index)) return first;
      index = smaller;
    }
  }

  #before(a: number, b: number): boolean {
    const x = this.#timers[a];
    const y = this.#timers[b];
    if (x === undefined || y === undefined) return false;
    return x.dueMs < y.dueMs || (x.dueMs === y.dueMs && x.sequence < y.sequence);
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#before(a, b)) return false;
    const x = this.#timers[a];
    const y = this.#timers[b];
    if (x === undefined || y === undefined) return false;
    this.#timers[a] = y;
    this.#timers[b] = x;
    return true;
  }
}

/** `startMs`: the first moment, in milliseconds since the epoch. */
export function virtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  const timers = new TimerHeap();
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
    while (timers.next !== undefined && timers.next.run === undefined) timers.pop();
    const next = timers.next;
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

/**
 * A clock that stands still until it is told to move.
 *
 * `advance(d)` repeats: drain until no activity is held and no promise is about to run, then jump to the next moment at which
 * timers are due, up to the one `d` from now. Timers of one moment run together, in the order in which they were set: what a
 * thousand of them change is then seen at once, as on a real clock.
 *
 * A deterministic clock never waits for the event loop: work that awaits real input or output (or the clock itself, while it
 * holds an activity) would make runs differ, so it fails the run, and the failure names it. A clock that is not lets the loop
 * turn until what is held has been released.
 */
import { AssertionError, assert } from "./assert.ts";
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

export const virtualClock = (options: VirtualClockOptions = {}): VirtualClock => new StandingClock(options);

class StandingClock implements VirtualClock {
  readonly #startMs: number;
  readonly #deterministic: boolean;
  readonly #timers = new Heap<VirtualTimer>((a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence));
  readonly #held = new Map<Activity, string>();
  #nowMs: number;
  #sequence = 0;
  #moving = false;
  /** Counts who takes and who releases an activity. */
  #changes = 0;
  #steps = 0;
  /** The event loop turns while nothing is at work. */
  #turning = false;
  /** Who began to work meanwhile. */
  #intruder: string | undefined;

  constructor({ startMs = Date.UTC(2026, 0, 1), deterministic = false }: VirtualClockOptions) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
    this.#deterministic = deterministic;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: VirtualTimer = { dueMs: this.#nowMs + Math.max(delayMs, 0), sequence: this.#sequence++, run };
    this.#timers.push(timer);
    return {
      cancel() {
        timer.run = undefined;
      },
    };
  }

  hold(what: string): Activity {
    const activity: Activity = {
      release: () => {
        if (this.#held.delete(activity)) this.#changes++;
      },
    };
    if (this.#turning) this.#intruder ??= what;
    this.#changes++;
    this.#held.set(activity, what);
    return activity;
  }

  pause(): Promise<void> {
    return Promise.resolve();
  }

  async settle(): Promise<void> {
    let quiet = 0;
    let stuck = 0;
    let seen = this.#changes;
    while (quiet < QUIET_TURNS) {
      await Promise.resolve();
      if (this.#held.size === 0) {
        quiet++;
        continue;
      }
      quiet = 0;
      stuck = seen === this.#changes ? stuck + 1 : 0;
      seen = this.#changes;
      if (!this.#deterministic && stuck % TURNS_A_LOOP === TURNS_A_LOOP - 1) await realClock.pause();
      this.#assertNotStuck(stuck);
    }
  }

  advance(durationMs: number): Promise<void> {
    return this.#exclusively(async () => {
      const untilMs = this.#nowMs + durationMs;
      while (await this.#step(untilMs));
      await this.#arrive(untilMs);
    });
  }

  advanceUntil(done: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    return this.#exclusively(async () => {
      const untilMs = this.#nowMs + limitMs;
      await this.settle();
      while (!(await done())) {
        if (!(await this.#step(untilMs))) {
          await this.#arrive(untilMs);
          return done();
        }
        await this.settle();
      }
      return true;
    });
  }

  /** Runs what is due at the next moment, at most `untilMs`; false when nothing is. */
  async #step(untilMs: number): Promise<boolean> {
    await this.settle();
    if (this.#deterministic && ++this.#steps % STEPS_A_LOOP === 0) await this.#turnLoop();
    const next = this.#next();
    if (next === undefined || next.dueMs > untilMs) return false;
    this.#nowMs = Math.max(this.#nowMs, next.dueMs);
    const sequence = this.#sequence;
    for (let due: VirtualTimer | undefined = next; due !== undefined; due = this.#next()) {
      // What is set meanwhile waits for the work that follows from what was set before.
      if (due.dueMs > this.#nowMs || due.sequence >= sequence) break;
      this.#timers.pop();
      const { run } = due;
      due.run = undefined;
      run?.();
    }
    return true;
  }

  /** The earliest timer that nobody cancelled. */
  #next(): VirtualTimer | undefined {
    while (this.#timers.first !== undefined && this.#timers.first.run === undefined) this.#timers.pop();
    return this.#timers.first;
  }

  /** The moment has come, and nothing falls due before it any more. */
  async #arrive(nowMs: number): Promise<void> {
    this.#nowMs = nowMs;
    await this.settle();
  }

  /** Lets the event loop turn while nothing is at work; who begins to work now was woken by real input or output. */
  async #turnLoop(): Promise<void> {
    this.#turning = true;
    await realClock.pause();
    this.#turning = false;
    assert(
      this.#intruder === undefined,
      `the run is not deterministic: real input or output was awaited before ${this.#intruder}`,
    );
  }

  async #exclusively<T>(move: () => Promise<T>): Promise<T> {
    assert(!this.#moving, "virtual time is already being moved: await the earlier advance first");
    this.#moving = true;
    try {
      return await move();
    } finally {
      this.#moving = false;
    }
  }

  #assertNotStuck(turns: number): void {
    if (turns < (this.#deterministic ? MOST_TURNS : MOST_TURNS_WITH_LOOP)) return;
    const holders = [...new Set(this.#held.values())].join(", ");
    const cause = this.#deterministic ? "; real input or output was awaited, or the clock itself" : "";
    throw new AssertionError(`virtual time cannot move: still at work: ${holders}${cause}`);
  }
}

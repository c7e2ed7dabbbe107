/** How time passes for whoever looks at a cluster: by itself, or as far as it is told to. */
import { type Clock, sleep } from "../base/clock.ts";
import type { VirtualClock } from "../base/virtual-clock.ts";

/** Where changes come from, so that nothing is read again before something has changed. */
export interface Changes {
  readonly count: number;
  next(): Promise<void>;
}

export interface Passage {
  /** Lets `durationMs` go by. */
  advance(durationMs: number): Promise<void>;
  /** Lets time go by until `done` answers true; false where `limitMs` were over first. */
  until(done: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean>;
  /** Runs `work`; on a virtual clock with all that follows from it without time going by. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** How long is waited where nobody says it: on a virtual clock time costs little. */
  readonly patienceMs: number;
}

/** Asks `done` only after something has changed. */
function onChange(changes: Changes, done: () => boolean | Promise<boolean>): () => boolean | Promise<boolean> {
  let seen = -1;
  return () => {
    if (seen === changes.count) return false;
    seen = changes.count;
    return done();
  };
}

export const virtualPassage = (clock: VirtualClock, changes: Changes): Passage => ({
  patienceMs: 30 * 60_000,
  advance: (durationMs) => clock.advance(durationMs),
  until: (done, limitMs) => clock.advanceUntil(onChange(changes, done), limitMs),
  async during(work) {
    // Whatever the caller awaited before, the cluster has come to rest: so every run finds it in the same state.
    await clock.settle();
    const result = await work();
    await clock.settle();
    return result;
  },
});

export const realPassage = (clock: Clock, changes: Changes): Passage => ({
  patienceMs: 2 * 60_000,
  advance: (durationMs) => sleep(clock, durationMs),
  async until(done, limitMs) {
    const deadlineMs = clock.monotonic() + limitMs;
    for (;;) {
      const next = changes.next();
      if (await done()) return true;
      const leftMs = deadlineMs - clock.monotonic();
      if (leftMs <= 0) return false;
      const given = new AbortController();
      await Promise.race([next, sleep(clock, leftMs, given.signal)]);
      given.abort();
    }
  },
  during: (work) => work(),
});

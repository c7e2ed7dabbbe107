/**
 * Heavy calls take turns: a machine that is asked for everything at once does all of it slowly, and the first is done hardly sooner than
 * the last. A call that takes long (a network that hangs) gives its turn back, so that it never holds up the others for good.
 */
import { type Clock, sleep } from "../../../base/clock.ts";
import { RuntimeError } from "../runtime.ts";

/** Runs `work` when it is its turn. Rejects with Canceled where `signal` aborts before. */
export type Turns = <T>(work: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>;

export interface TurnsOptions {
  clock: Clock;
  atOnce: number;
  /** After this long a call's turn is over, though the call goes on. */
  patienceMs: number;
}

/** Those who wait are as many as the node's Pods at most. */
export function turns({ clock, atOnce, patienceMs }: TurnsOptions): Turns {
  let free = atOnce;
  const waiting = new Set<() => void>();

  function next(): void {
    const [first] = waiting;
    if (first === undefined) free++;
    else {
      waiting.delete(first);
      first();
    }
  }

  function myTurn(signal: AbortSignal | undefined): Promise<void> {
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiting.delete(begin);
        reject(new RuntimeError("Canceled", "canceled before its turn"));
      };
      waiting.add(begin);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }

  return async (work, signal) => {
    await myTurn(signal);
    const over = new AbortController();
    const turn = sleep(clock, patienceMs, over.signal).then(next);
    try {
      return await work();
    } finally {
      over.abort();
      await turn;
    }
  };
}

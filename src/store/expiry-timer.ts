/** One timer for everything that expires: it stands at the earliest moment, and there is none while nothing expires. */
import type { Clock, Timer } from "../base/clock.ts";

export interface ExpiryTimer {
  /** Something expires at `dueMs`. */
  arm(dueMs: number): void;
  stop(): void;
}

/**
 * Moments are whole seconds: what expires within one goes together, and never too early.
 */
export function expiryMoment(nowMs: number, ttlSeconds: number): number {
  return Math.ceil(nowMs / 1000 + ttlSeconds) * 1000;
}

/** `expire` removes what is due and gives the next moment, or undefined. It is not called again before it is done. */
export function expiryTimer(clock: Clock, expire: (nowMs: number) => Promise<number | undefined>): ExpiryTimer {
  let timer: Timer | undefined;
  /** The earliest moment that is known; Infinity where there is none. */
  let earliestMs = Number.POSITIVE_INFINITY;
  let expiring = false;
  let stopped = false;

  function set(): void {
    timer?.cancel();
    if (stopped || earliestMs === Number.POSITIVE_INFINITY) return;
    timer = clock.after(Math.min(Math.max(earliestMs - clock.now(), 0), 2 ** 31 - 1), () => void fire());
  }

  async function fire(): Promise<void> {
    const activity = clock.hold("store expiry");
    expiring = true;
    // What is armed meanwhile may be seen by `expire`, or not.
    earliestMs = Number.POSITIVE_INFINITY;
    try {
      const nextMs = await expire(clock.now());
      earliestMs = Math.min(earliestMs, nextMs ?? Number.POSITIVE_INFINITY);
    } finally {
      expiring = false;
      set();
      activity.release();
    }
  }

  return {
    arm(dueMs) {
      if (dueMs >= earliestMs) return;
      earliestMs = dueMs;
      if (!expiring) set();
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

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

/** `expire` removes what is due and gives the next moment, or undefined. */
export function expiryTimer(clock: Clock, expire: (nowMs: number) => Promise<number | undefined>): ExpiryTimer {
  let timer: Timer | undefined;
  let armedMs = Number.POSITIVE_INFINITY;
  let stopped = false;

  function arm(dueMs: number): void {
    if (stopped || dueMs >= armedMs) return;
    timer?.cancel();
    armedMs = dueMs;
    timer = clock.after(Math.min(Math.max(dueMs - clock.now(), 0), 2 ** 31 - 1), () => void fire());
  }

  async function fire(): Promise<void> {
    timer = undefined;
    const activity = clock.hold("store expiry");
    try {
      const nextMs = await expire(clock.now());
      armedMs = Number.POSITIVE_INFINITY;
      if (nextMs !== undefined) arm(nextMs);
    } finally {
      activity.release();
    }
  }

  return {
    arm,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

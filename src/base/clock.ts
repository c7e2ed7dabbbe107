/**
 * Time, injected. Nothing outside base/ reads the time or sets a timer by itself.
 *
 * A component takes a `Clock` and nothing else to learn the time, to wait, and to say that it is busy. On the real clock
 * saying so costs nothing; on the virtual clock `advance` moves time only while nobody is busy, so a run is the same every time.
 */
export interface Timer {
  /** Idempotent. After it the callback never runs. */
  cancel(): void;
}

/** Says that work is under way: virtual time stands still until it is released. */
export interface Activity {
  /** Idempotent. */
  release(): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some fixed point; never goes back. For durations. */
  monotonic(): number;
  /** Runs `run` once, `delayMs` from now (0 or more; at most 2^31-1). The timer does not keep a process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Every in-process request, queue worker and runtime call holds one for as long as it is at work. */
  hold(what: string): Activity;
  /** Lets other work, I/O included, go on before the caller does: for long loops. */
  pause(): Promise<void>;
}

/** Resolves after `delayMs`, or at once when `signal` aborts: the caller checks the signal. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Holds an activity for as long as `work` takes. */
export async function during<T>(clock: Clock, what: string, work: () => Promise<T>): Promise<T> {
  const activity = clock.hold(what);
  try {
    return await work();
  } finally {
    activity.release();
  }
}

const MAX_DELAY_MS = 2 ** 31 - 1;
const NO_ACTIVITY: Activity = { release() {} };

/** The machine's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
    if (typeof handle === "object") handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  hold: () => NO_ACTIVITY,
  pause: () =>
    new Promise((resolve) => {
      if (typeof setImmediate === "function") setImmediate(resolve);
      else setTimeout(resolve, 0);
    }),
};

/** Timers keep no process alive; this does, until it is cancelled, for what runs on the real clock until somebody ends it. */
export function keepProcessAlive(): Timer {
  const handle = setInterval(() => {}, MAX_DELAY_MS);
  return { cancel: () => clearInterval(handle) };
}

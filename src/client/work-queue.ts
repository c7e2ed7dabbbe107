/**
 * The queue between "something changed" and the work that follows.
 *
 * A key is in the queue once, however often it is added, and is never worked on twice at once: added meanwhile, it comes up again
 * afterwards. Work that throws comes back after a delay that doubles, until it succeeds. The queue is bounded; keys that found no
 * room are asked for again through `refill` as soon as there is some, so nothing is lost.
 *
 * While anything is queued or worked on, the queue holds an activity of the clock: work must not wait for the clock itself
 * (use `addAfter`), or virtual time would stand still.
 */
import type { Activity, Clock } from "../base/clock.ts";
import { type BackoffLimits, backoffMs } from "./backoff.ts";
import { delayHeap } from "./delay-heap.ts";

export interface WorkQueue {
  readonly size: number;
  add(key: string): void;
  /** Adds the key after a while; the earliest of several moments counts. */
  addAfter(key: string, delayMs: number): void;
  /** Adds the key after its back-off, as if its work had failed. */
  addRateLimited(key: string): void;
  /** The next failure of this key is its first. */
  forget(key: string): void;
  /** Takes no more keys, and resolves when the work under way has ended. */
  stop(): Promise<void>;
}

export interface WorkQueueOptions {
  name: string;
  clock: Clock;
  work: (key: string) => Promise<void>;
  /** Called with what `work` threw, before the key is added again. */
  onError?: (key: string, error: unknown, failures: number) => void;
  /** Keys worked on at once. */
  workers?: number;
  backoff?: BackoffLimits;
  /** Most keys that wait at once. */
  limit?: number;
  /** All keys that need work, after some were refused for want of room. */
  refill?: () => Iterable<string>;
}

/** client-go's: 5 ms, doubling, up to 1000 s. */
const BACKOFF: BackoffLimits = { baseMs: 5, maxMs: 1_000_000 };
const LIMIT = 200_000;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { name, clock, work, onError, workers = 5, backoff = BACKOFF, limit = LIMIT, refill } = options;
  /** Waiting, in order; a Set keeps both order and uniqueness. */
  const waiting = new Set<string>();
  /** True for a key that was added again while it is worked on. */
  const active = new Map<string, boolean>();
  const failures = new Map<string, number>();
  const delayed = delayHeap(clock, add);
  let activity: Activity | undefined;
  let refused = false;
  let stopped = false;
  let idle: (() => void) | undefined;

  function add(key: string): void {
    if (stopped) return;
    if (active.has(key)) active.set(key, true);
    else if (waiting.size >= limit && !waiting.has(key)) refused = true;
    else waiting.add(key);
    dispatch();
  }

  function dispatch(): void {
    for (const key of waiting) {
      if (active.size >= workers) break;
      waiting.delete(key);
      active.set(key, false);
      activity ??= clock.hold(`queue ${name}`);
      void run(key);
    }
    if (waiting.size === 0 && refused && refill !== undefined) {
      refused = false;
      for (const key of refill()) add(key);
    }
    if (active.size === 0) {
      activity?.release();
      activity = undefined;
      idle?.();
    }
  }

  async function run(key: string): Promise<void> {
    // What else happens in this turn is seen by the same work; and input and output go on between two keys.
    await clock.pause();
    active.set(key, false);
    try {
      if (!stopped) await work(key);
      failures.delete(key);
    } catch (error) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      onError?.(key, error, count);
      delayed.add(key, backoffMs(backoff, count));
    }
    const again = active.get(key);
    active.delete(key);
    if (again) add(key);
    else dispatch();
  }

  return {
    get size() {
      return waiting.size + active.size;
    },
    add,
    addAfter: (key, delayMs) => (stopped ? undefined : delayMs <= 0 ? add(key) : delayed.add(key, delayMs)),
    addRateLimited(key) {
      if (stopped) return;
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      delayed.add(key, backoffMs(backoff, count));
    },
    forget: (key) => void failures.delete(key),
    stop() {
      stopped = true;
      waiting.clear();
      delayed.clear();
      return new Promise((resolve) => {
        if (active.size === 0) resolve();
        else idle = resolve;
      });
    },
  };
}

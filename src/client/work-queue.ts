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
import { type DelayHeap, delayHeap } from "./delay-heap.ts";

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

export const createWorkQueue = (options: WorkQueueOptions): WorkQueue => new RateLimitedQueue(options);

class RateLimitedQueue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #workers: number;
  readonly #backoff: BackoffLimits;
  readonly #limit: number;
  /** Waiting, in order; a Set keeps both order and uniqueness. */
  readonly #waiting = new Set<string>();
  /** True for a key that was added again while it is worked on. */
  readonly #active = new Map<string, boolean>();
  /** Of the keys whose latest work failed: work that succeeds takes its key out. */
  readonly #failures = new Map<string, number>();
  readonly #delayed: DelayHeap;
  #activity: Activity | undefined;
  #refused = false;
  #stopped = false;
  #onIdle: (() => void) | undefined;

  constructor(options: WorkQueueOptions) {
    const { clock, workers = 5, backoff = BACKOFF, limit = LIMIT } = options;
    this.#options = options;
    this.#workers = workers;
    this.#backoff = backoff;
    this.#limit = limit;
    this.#delayed = delayHeap(clock, (key) => this.add(key));
  }

  get size(): number {
    return this.#waiting.size + this.#active.size;
  }

  add(key: string): void {
    if (this.#stopped) return;
    if (this.#active.has(key)) this.#active.set(key, true);
    else if (this.#waiting.size >= this.#limit && !this.#waiting.has(key)) this.#refused = true;
    else this.#waiting.add(key);
    this.#dispatch();
  }

  addAfter(key: string, delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs <= 0) this.add(key);
    else this.#delayed.add(key, delayMs);
  }

  addRateLimited(key: string): void {
    if (!this.#stopped) this.#delayed.add(key, backoffMs(this.#backoff, this.#countFailure(key)));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    this.#delayed.clear();
    return new Promise((resolve) => {
      if (this.#active.size === 0) resolve();
      else this.#onIdle = resolve;
    });
  }

  /** Gives the keys that wait to the workers that are free. */
  #dispatch(): void {
    for (const key of this.#waiting) {
      if (this.#active.size >= this.#workers) break;
      this.#waiting.delete(key);
      this.#active.set(key, false);
      this.#activity ??= this.#options.clock.hold(`queue ${this.#options.name}`);
      void this.#run(key);
    }
    this.#refill();
    if (this.#active.size === 0) {
      this.#activity?.release();
      this.#activity = undefined;
      this.#onIdle?.();
    }
  }

  /** Asks again for the keys that found no room. */
  #refill(): void {
    const { refill } = this.#options;
    if (this.#waiting.size > 0 || !this.#refused || refill === undefined) return;
    this.#refused = false;
    for (const key of refill()) this.add(key);
  }

  async #run(key: string): Promise<void> {
    const { clock, work, onError } = this.#options;
    // What else happens in this turn is seen by the same work; and input and output go on between two keys.
    await clock.pause();
    this.#active.set(key, false);
    try {
      if (!this.#stopped) await work(key);
      this.#failures.delete(key);
    } catch (error) {
      const failures = this.#countFailure(key);
      onError?.(key, error, failures);
      if (!this.#stopped) this.#delayed.add(key, backoffMs(this.#backoff, failures));
    }
    const again = this.#active.get(key);
    this.#active.delete(key);
    // A stopped queue takes no more keys, but has to notice that this was its last work.
    if (again && !this.#stopped) this.add(key);
    else this.#dispatch();
  }

  #countFailure(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    return failures;
  }
}

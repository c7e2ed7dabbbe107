/**
 * Pods that wait for a node.
 *
 * A Pod is in exactly one place: `active` (to be tried, highest priority first, then the one that waits longest), `waiting` (found
 * no node; sleeps until a change that one of the plugins that refused it asks for, or five minutes), `backoff` (tried too recently) or
 * `gated` (has scheduling gates). Waking costs only the Pods that sleep for that hint. A backoff lets others go first; where nobody
 * else is to be tried, a Pod that was woken does not wait for its end. One that met an error does.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/#queuesort
 */
import type { Clock, Timer } from "../base/clock.ts";
import { Heap } from "../base/heap.ts";
import type { WakeHint } from "./core/framework.ts";
import type { PodInfo } from "./core/pod-info.ts";

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 10_000;
/** After this long a Pod is tried again though nothing seemed to change. */
const MAX_WAIT_MS = 5 * 60_000;
const FLUSH_INTERVAL_MS = 30_000;

type Place = "active" | "waiting" | "backoff" | "gated" | "trying";

interface Entry {
  info: PodInfo;
  place: Place;
  /** Orders Pods of equal priority: when it was first queued. */
  readonly since: number;
  attempts: number;
  lastTriedMs: number;
  hints: readonly WakeHint[];
  /** For `backoff`: when it may be tried. */
  dueMs: number;
}

export interface SchedulingQueue {
  /** How many Pods are in each place. */
  readonly counts: Readonly<Record<Place, number>>;
  /** A new or changed pending Pod. A change of its own wakes it where `woken` says so. */
  set(info: PodInfo, options?: { gated?: boolean; woken?: boolean }): void;
  remove(uid: string): void;
  has(uid: string): boolean;
  /** The next Pod to try; it stays known as being tried until `done` or `putBack`. */
  take(): PodInfo | undefined;
  /** It has a node. */
  done(uid: string): void;
  /** It found no node: sleeps until one of `hints`. Without hints (an error) it comes back after its backoff. */
  putBack(uid: string, hints: readonly WakeHint[] | undefined): void;
  wake(hint: WakeHint): void;
  /** Wakes that Pod, whatever it waits for. */
  awaken(uid: string): void;
  stop(): void;
}

class Queue implements SchedulingQueue {
  readonly counts: Record<Place, number> = { active: 0, waiting: 0, backoff: 0, gated: 0, trying: 0 };
  readonly #clock: Clock;
  readonly #onReady: () => void;
  readonly #entries = new Map<string, Entry>();
  readonly #active = new Heap<Entry>(
    (a, b) => a.info.priority > b.info.priority || (a.info.priority === b.info.priority && a.since < b.since),
  );
  readonly #woken = new Heap<Entry>((a, b) => a.dueMs < b.dueMs);
  readonly #failed = new Heap<Entry>((a, b) => a.dueMs < b.dueMs);
  readonly #sleepers = new Map<WakeHint, Set<Entry>>();
  #sequence = 0;
  #backoffTimer: Timer | undefined;
  #flushTimer: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock, onReady: () => void) {
    this.#clock = clock;
    this.#onReady = onReady;
  }

  set(info: PodInfo, { gated = false, woken = false }: { gated?: boolean; woken?: boolean } = {}): void {
    const known = this.#entries.get(info.uid);
    if (known === undefined) {
      const entry: Entry = { info, place: "gated", since: this.#sequence++, attempts: 0, lastTriedMs: 0, hints: [], dueMs: 0 };
      this.counts.gated++;
      this.#entries.set(info.uid, entry);
      if (!gated) this.#activate(entry);
      return;
    }
    known.info = info;
    if (known.place === "gated" && !gated) this.#activate(known);
    else if (known.place === "waiting" && woken) this.#awaken(known);
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    this.#sleepEnds(entry);
    this.counts[entry.place]--;
    // Heaps drop it when it comes up: its entry is no longer the known one.
    this.#entries.delete(uid);
  }

  has(uid: string): boolean {
    return this.#entries.has(uid);
  }

  take(): PodInfo | undefined {
    const entry = this.#pop(this.#active, "active") ?? this.#pop(this.#woken, "backoff");
    if (entry === undefined) return undefined;
    this.#move(entry, "trying");
    entry.attempts++;
    entry.lastTriedMs = this.#clock.now();
    return entry.info;
  }

  done(uid: string): void {
    this.remove(uid);
  }

  putBack(uid: string, hints: readonly WakeHint[] | undefined): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    if (hints === undefined) return this.#backOff(entry, this.#failed);
    this.#move(entry, "waiting");
    entry.hints = hints;
    for (const hint of hints) {
      const sleepers = this.#sleepers.get(hint);
      if (sleepers) sleepers.add(entry);
      else this.#sleepers.set(hint, new Set([entry]));
    }
    if (!this.#stopped) this.#flushTimer ??= this.#clock.after(FLUSH_INTERVAL_MS, () => this.#flush());
  }

  wake(hint: WakeHint): void {
    for (const entry of [...(this.#sleepers.get(hint) ?? [])]) this.#awaken(entry);
  }

  awaken(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry?.place === "waiting") this.#awaken(entry);
  }

  stop(): void {
    this.#stopped = true;
    this.#backoffTimer?.cancel();
    this.#flushTimer?.cancel();
  }

  /** The first that is still there: heaps keep what was removed until it comes up. */
  #pop(heap: Heap<Entry>, place: Place): Entry | undefined {
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) if (this.#isAt(entry, place)) return entry;
    return undefined;
  }

  #isAt = (entry: Entry, place: Place): boolean => this.#entries.get(entry.info.uid) === entry && entry.place === place;

  #move(entry: Entry, place: Place): void {
    this.counts[entry.place]--;
    this.counts[place]++;
    entry.place = place;
  }

  #activate(entry: Entry): void {
    this.#move(entry, "active");
    this.#active.push(entry);
    this.#onReady();
  }

  #sleepEnds(entry: Entry): void {
    for (const hint of entry.hints) this.#sleepers.get(hint)?.delete(entry);
    entry.hints = [];
  }

  #awaken(entry: Entry): void {
    this.#sleepEnds(entry);
    if (this.#backoffEnds(entry) <= this.#clock.now()) this.#activate(entry);
    else {
      this.#backOff(entry, this.#woken);
      this.#onReady();
    }
  }

  #backoffEnds(entry: Entry): number {
    return entry.lastTriedMs + Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(entry.attempts - 1, 10), MAX_BACKOFF_MS);
  }

  #backOff(entry: Entry, heap: Heap<Entry>): void {
    this.#move(entry, "backoff");
    entry.dueMs = this.#backoffEnds(entry);
    heap.push(entry);
    this.#armBackoff();
  }

  #armBackoff(): void {
    this.#backoffTimer?.cancel();
    const dueMs = Math.min(
      this.#woken.first?.dueMs ?? Number.POSITIVE_INFINITY,
      this.#failed.first?.dueMs ?? Number.POSITIVE_INFINITY,
    );
    if (dueMs === Number.POSITIVE_INFINITY || this.#stopped) return;
    this.#backoffTimer = this.#clock.after(Math.max(dueMs - this.#clock.now(), 0), () => this.#backoffEnded());
  }

  #backoffEnded(): void {
    const nowMs = this.#clock.now();
    for (const heap of [this.#woken, this.#failed]) {
      for (let { first } = heap; first !== undefined && first.dueMs <= nowMs; { first } = heap) {
        heap.pop();
        if (this.#isAt(first, "backoff")) this.#activate(first);
      }
    }
    this.#armBackoff();
  }

  #flush(): void {
    this.#flushTimer = undefined;
    const before = this.#clock.now() - MAX_WAIT_MS;
    for (const entry of this.#entries.values()) if (entry.place === "waiting" && entry.lastTriedMs <= before) this.#awaken(entry);
    if (this.counts.waiting > 0 && !this.#stopped) this.#flushTimer = this.#clock.after(FLUSH_INTERVAL_MS, () => this.#flush());
  }
}

/** `onReady` is called whenever there is a Pod to take. */
export const schedulingQueue = (clock: Clock, onReady: () => void): SchedulingQueue => new Queue(clock, onReady);

/**
 * Watches of an embedded backend.
 *
 * A watch first catches up from history, in steps that let other work go on, then goes live: from then on it is called before the
 * commit that made an event resolves. Live watches are found through their prefix, so the cost of an event does not grow with the
 * number of watches on other prefixes.
 *
 * Invariants: revision order for each watch; no event twice; none missed without `onEnd`; never one call inside another, even
 * where a callback commits (its events wait until the present ones were given to everybody).
 */
import type { Clock } from "../base/clock.ts";
import { StoreError, type StoreEvent, type Watch, type WatchOptions } from "./store.ts";
import { type WatchIndex, watchIndex } from "./watch-index.ts";

/** What the hub reads to let a watch catch up. Synchronous, so that nothing happens between the last read and going live. */
export interface History {
  newest(): number;
  compacted(): number;
  /** Events after `after` under `prefix` from a bounded piece of history, and the revision through which it reached. */
  read(after: number, prefix: string): { events: StoreEvent[]; through: number };
}

export interface WatchHub {
  watch(options: WatchOptions): Watch;
  /** Gives out events that have just become durable, in revision order. */
  deliver(events: readonly StoreEvent[]): void;
  /** Ends every watch. */
  end(error: StoreError): void;
}

interface Watcher {
  readonly options: WatchOptions;
  /** Every event up to here was given out. */
  position: number;
  stopped: boolean;
}

/** What the parts below share. */
interface Hub {
  readonly history: History;
  readonly clock: Clock;
  readonly live: WatchIndex<Watcher>;
  readonly all: Set<Watcher>;
}

function call(watcher: Watcher, events: readonly StoreEvent[]): void {
  try {
    watcher.options.onEvents(events);
  } catch (error) {
    // A callback must not throw. That it did is reported as uncaught; the other watches still get their events.
    queueMicrotask(() => {
      throw error;
    });
  }
}

function remove(hub: Hub, watcher: Watcher): void {
  watcher.stopped = true;
  hub.all.delete(watcher);
  hub.live.remove(watcher.options.prefix, watcher);
}

function deliver(hub: Hub, events: readonly StoreEvent[]): void {
  const due = new Map<Watcher, StoreEvent[]>();
  for (const event of events) {
    hub.live.forEach(event.key, (watcher) => {
      if (event.revision <= watcher.position) return;
      const batch = due.get(watcher);
      if (batch === undefined) due.set(watcher, [event]);
      else batch.push(event);
      watcher.position = event.revision;
    });
  }
  for (const [watcher, batch] of due) if (!watcher.stopped) call(watcher, batch);
}

/** One step of history; true when the watch is live. */
function step({ history, live }: Hub, watcher: Watcher): boolean {
  if (watcher.position < history.compacted()) throw compactedError(watcher.position, history.compacted());
  const { events, through } = history.read(watcher.position, watcher.options.prefix);
  watcher.position = through;
  const caughtUp = through >= history.newest();
  // Before the call: what the callback commits comes to a live watch.
  if (caughtUp) live.add(watcher.options.prefix, watcher);
  if (events.length > 0) call(watcher, events);
  return caughtUp;
}

async function catchUp(hub: Hub, watcher: Watcher): Promise<void> {
  const activity = hub.clock.hold("store watch");
  try {
    // The caller gets its handle before the first event.
    await Promise.resolve();
    while (!watcher.stopped && !step(hub, watcher)) await hub.clock.pause();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    remove(hub, watcher);
    watcher.options.onEnd(error);
  } finally {
    activity.release();
  }
}

export function watchHub(history: History, clock: Clock): WatchHub {
  const hub: Hub = { history, clock, live: watchIndex(), all: new Set() };
  const waiting: (readonly StoreEvent[])[] = [];
  let delivering = false;
  return {
    watch(options) {
      const watcher: Watcher = { options, position: options.after, stopped: false };
      hub.all.add(watcher);
      if (options.after >= history.newest()) hub.live.add(options.prefix, watcher);
      else void catchUp(hub, watcher);
      return { stop: () => remove(hub, watcher) };
    },
    deliver(events) {
      waiting.push(events);
      if (delivering) return;
      delivering = true;
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) deliver(hub, next);
      delivering = false;
    },
    end(error) {
      for (const watcher of [...hub.all]) {
        remove(hub, watcher);
        watcher.options.onEnd(error);
      }
    },
  };
}

export function compactedError(revision: number, compacted: number): StoreError {
  return new StoreError("compacted", `revision ${revision} is no longer kept: the oldest is ${compacted}`);
}

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

/** Live watches by prefix. Prefixes end with a slash nearly always; the others are tried one by one. */
function prefixIndex() {
  const bySegment = new Map<string, Set<Watcher>>();
  const others = new Set<Watcher>();
  return {
    add(watcher: Watcher): void {
      const { prefix } = watcher.options;
      if (!prefix.endsWith("/")) {
        others.add(watcher);
        return;
      }
      const known = bySegment.get(prefix);
      if (known === undefined) bySegment.set(prefix, new Set([watcher]));
      else known.add(watcher);
    },
    remove(watcher: Watcher): void {
      others.delete(watcher);
      const known = bySegment.get(watcher.options.prefix);
      if (known?.delete(watcher) && known.size === 0) bySegment.delete(watcher.options.prefix);
    },
    forEach(key: string, visit: (watcher: Watcher) => void): void {
      for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
        bySegment.get(key.slice(0, slash + 1))?.forEach(visit);
      }
      for (const watcher of others) if (key.startsWith(watcher.options.prefix)) visit(watcher);
    },
  };
}

export function watchHub(history: History, clock: Clock): WatchHub {
  const live = prefixIndex();
  const all = new Set<Watcher>();
  const waiting: (readonly StoreEvent[])[] = [];
  let delivering = false;

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

  function remove(watcher: Watcher): void {
    watcher.stopped = true;
    all.delete(watcher);
    live.remove(watcher);
  }

  function deliverOne(events: readonly StoreEvent[]): void {
    const due = new Map<Watcher, StoreEvent[]>();
    for (const event of events) {
      live.forEach(event.key, (watcher) => {
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
  function step(watcher: Watcher): boolean {
    if (watcher.position < history.compacted()) throw compactedError(watcher.position, history.compacted());
    const { events, through } = history.read(watcher.position, watcher.options.prefix);
    watcher.position = through;
    const caughtUp = through >= history.newest();
    // Before the call: what the callback commits comes to a live watch.
    if (caughtUp) live.add(watcher);
    if (events.length > 0) call(watcher, events);
    return caughtUp;
  }

  async function catchUp(watcher: Watcher): Promise<void> {
    const activity = clock.hold("store watch");
    try {
      // The caller gets its handle before the first event.
      await Promise.resolve();
      while (!watcher.stopped && !step(watcher)) await clock.pause();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      remove(watcher);
      watcher.options.onEnd(error);
    } finally {
      activity.release();
    }
  }

  return {
    watch(options) {
      const watcher: Watcher = { options, position: options.after, stopped: false };
      all.add(watcher);
      if (options.after >= history.newest()) live.add(watcher);
      else void catchUp(watcher);
      return { stop: () => remove(watcher) };
    },
    deliver(events) {
      waiting.push(events);
      if (delivering) return;
      delivering = true;
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) deliverOne(next);
      delivering = false;
    },
    end(error) {
      for (const watcher of [...all]) {
        remove(watcher);
        watcher.options.onEnd(error);
      }
    },
  };
}

export function compactedError(revision: number, compacted: number): StoreError {
  return new StoreError("compacted", `revision ${revision} is no longer kept: the oldest is ${compacted}`);
}

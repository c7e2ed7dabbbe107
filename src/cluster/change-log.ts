/**
 * Everything that was stored, in order: what a deterministic run is compared by, and what waiting for a change rests on.
 */
import { builtInResources } from "../api/resources.ts";
import { decodeRecord } from "../apiserver/records/record.ts";
import type { Clock } from "../base/clock.ts";
import type { Store, StoreEvent } from "../store/store.ts";

export interface ChangeLog {
  /** Grows with every change. */
  readonly count: number;
  /** Resolves at the next change. */
  next(): Promise<void>;
  /** One line a change: revision, time, type, key, and the object as JSON. Empty where nothing is kept. */
  lines(): string[];
  stop(): void;
}

export interface ChangeLogOptions {
  store: Store;
  clock: Clock;
  /** Keep every change; without it changes are only counted. */
  keep: boolean;
}

interface Change {
  atMs: number;
  event: StoreEvent;
}

const typeOf = ({ type, previous }: StoreEvent): string => (type === "delete" ? "DELETED" : previous ? "MODIFIED" : "ADDED");

function lineOf({ atMs, event }: Change): string {
  const row = builtInResources.find(({ prefix }) => event.key.startsWith(prefix));
  const head = `${event.revision} ${new Date(atMs).toISOString()} ${typeOf(event)} ${event.key}`;
  if (event.value === undefined) return head;
  // What belongs to no row (allocations that travel with an object) is small, and told by its key.
  return row === undefined ? head : `${head} ${JSON.stringify(decodeRecord(event.value, event.revision, row))}`;
}

export function changeLog({ store, clock, keep }: ChangeLogOptions): ChangeLog {
  const changes: Change[] = [];
  let count = 0;
  let waiting: (() => void)[] = [];
  const watch = store.watch({
    prefix: "/",
    after: 0,
    onEvents(events) {
      count += events.length;
      if (keep) for (const event of events) changes.push({ atMs: clock.now(), event });
      const due = waiting;
      waiting = [];
      for (const resolve of due) resolve();
    },
    onEnd() {},
  });
  return {
    get count() {
      return count;
    },
    next: () => new Promise((resolve) => waiting.push(resolve)),
    lines: () => changes.map(lineOf),
    stop: () => watch.stop(),
  };
}

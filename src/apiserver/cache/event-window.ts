/**
 * The last events of a row, so that a watch from a recent revision costs no read of the store. Bounded: a watcher from before the
 * window is served from the store's history, or told that its revision is gone.
 */
import type { CacheEvent } from "./fan-out.ts";

export interface EventWindow {
  /** Every event with a greater revision is in the window. */
  readonly since: number;
  push(event: CacheEvent): void;
  /** Events after `revision`, the oldest first. `revision` must not be less than `since`. */
  after(revision: number): readonly CacheEvent[];
}

/** `since`: the revision of the state to which the events are added. */
export function eventWindow(limit: number, since: number): EventWindow {
  let events: CacheEvent[] = [];
  let start = since;
  return {
    get since() {
      return start;
    },
    push(event) {
      events.push(event);
      // Cut rarely, so that one push costs next to nothing.
      if (events.length < limit * 2) return;
      const dropped = events[events.length - limit - 1];
      if (dropped !== undefined) start = dropped.revision;
      events = events.slice(-limit);
    },
    after(revision) {
      let low = 0;
      let high = events.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((events[middle]?.revision ?? 0) <= revision) low = middle + 1;
        else high = middle;
      }
      return events.slice(low);
    },
  };
}

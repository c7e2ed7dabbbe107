/**
 * What happened after a revision: from the cache's window, or for older revisions from the store's own history.
 */
import { expired } from "../../api/errors.ts";
import type { Store, StoreEvent } from "../../store/store.ts";
import { cacheEntry } from "../cache/entry.ts";
import { type CacheEvent, type Change, changeOf } from "../cache/fan-out.ts";
import type { RowCache } from "../cache/row-cache.ts";
import type { Selection } from "../cache/selection.ts";

const tooOld = (revision: number, oldest: number): Error => expired(`too old resource version: ${revision} (${oldest})`);

function eventOf(cache: RowCache, { key, value, previous, revision }: StoreEvent): CacheEvent {
  const short = key.slice(cache.row.prefix.length);
  return {
    revision,
    entry: value && cacheEntry(cache.row, short, value, revision),
    previous: previous && cacheEntry(cache.row, short, previous.value, previous.revision),
  };
}

/** All events of the row after `after`, up to the one that the window starts with. */
async function storedEvents(cache: RowCache, store: Store, after: number): Promise<CacheEvent[]> {
  const oldest = await store.compactedRevision();
  if (after < oldest) throw tooOld(after, oldest);
  const events: CacheEvent[] = [];
  const until = cache.window.since;
  const newest = await store.revision();
  await new Promise<void>((resolve, reject) => {
    // The store tells nothing about other rows: the end is known by an event behind the window's start, or by the newest state.
    const watch = store.watch({
      prefix: "/",
      after,
      onEvents(batch) {
        for (const event of batch) {
          if (event.revision > until) break;
          if (event.key.startsWith(cache.row.prefix)) events.push(eventOf(cache, event));
        }
        const last = batch.at(-1)?.revision ?? 0;
        if (last < until && last < newest) return;
        watch.stop();
        resolve();
      },
      onEnd: (error) => reject(error.reason === "compacted" ? tooOld(after, oldest) : error),
    });
    if (newest <= after) {
      watch.stop();
      resolve();
    }
  });
  return events;
}

/** Old events that the window does not have; empty where it has them all. */
export function missedEvents(cache: RowCache, store: Store, after: number): CacheEvent[] | Promise<CacheEvent[]> {
  return after >= cache.window.since ? [] : storedEvents(cache, store, after);
}

export function changesOf(selection: Selection, events: readonly CacheEvent[]): Change[] {
  return events.map((event) => changeOf(selection, event)).filter((change) => change !== undefined);
}

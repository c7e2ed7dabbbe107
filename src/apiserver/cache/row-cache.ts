/**
 * The cache of one row: an ordered index of its objects, fed by one store watch, and the fan-out of its events.
 *
 * Embedded stores call the watch before a commit resolves, so what a client has been told is in here already. Reads are
 * synchronous once `ready` has resolved. Who subscribes between two batches misses nothing: batches are handled in one step.
 */
import type { AnyResource } from "../../api/row.ts";
import { orderedMap } from "../../store/memory/ordered-map.ts";
import type { Store, StoreError, StoreEvent, Watch } from "../../store/store.ts";
import { type CacheEntry, cacheEntry } from "./entry.ts";
import { type EventWindow, eventWindow } from "./event-window.ts";
import { type CacheEvent, type FanOut, fanOut, type Subscription } from "./fan-out.ts";
import type { Handover } from "./handover.ts";
import { keyPrefix, type Selection, selects } from "./selection.ts";

export interface RowCache {
  readonly row: AnyResource;
  /** The revision of the last event; of the state that was read first before there was one. */
  readonly revision: number;
  readonly size: number;
  /** Reads the present state, once. Everything else asks for it first. */
  ready(): Promise<void> | undefined;
  get(key: string): CacheEntry | undefined;
  /** What `selection` selects, in order; with `after`, only keys greater than it. Stops when `visit` returns false. */
  visit(selection: Selection, visit: (entry: CacheEntry) => boolean, after?: string): void;
  list(selection: Selection): CacheEntry[];
  readonly window: EventWindow;
  subscribe(subscription: Subscription): () => void;
  /** Called where the store's watch ended; subscribers hear of it through `onLost`. */
  onLost(listener: (error: StoreError) => void): () => void;
  close(): void;
}

export interface RowCacheOptions {
  row: AnyResource;
  store: Store;
  handover: Handover;
  /** Called for the fan-out to other readers than subscribers (in-process informers, indexes of the API server). */
  windowEvents?: number;
}

const WINDOW_EVENTS = 4096;
const PAGE = 2000;

export function rowCache({ row, store, handover, windowEvents = WINDOW_EVENTS }: RowCacheOptions): RowCache {
  const index = orderedMap<CacheEntry>();
  const subscribers: FanOut = fanOut();
  const lost = new Set<(error: StoreError) => void>();
  let window = eventWindow(windowEvents, 0);
  let revision = 0;
  let watch: Watch | undefined;
  let loading: Promise<void> | undefined;
  let loaded = false;
  const keyOf = (storeKey: string): string => storeKey.slice(row.prefix.length);

  function apply(event: StoreEvent): CacheEvent {
    const key = keyOf(event.key);
    const previous = index.get(key);
    revision = event.revision;
    const entry = event.value && cacheEntry(row, key, event.value, event.revision, handover.take(event.value));
    if (entry) index.set(key, entry);
    else index.delete(key);
    const change: CacheEvent = { revision: event.revision, entry, previous };
    window.push(change);
    return change;
  }

  function follow(): void {
    watch = store.watch({
      prefix: row.prefix,
      after: revision,
      onEvents: (events) => subscribers.dispatch(events.map(apply)),
      onEnd(error) {
        loaded = false;
        loading = undefined;
        for (const listener of lost) listener(error);
      },
    });
  }

  function put(entries: readonly { key: string; value: Uint8Array; revision: number }[]): void {
    for (const { key, value, revision: at } of entries) {
      const short = keyOf(key);
      index.set(short, cacheEntry(row, short, value, at, handover.take(value)));
    }
  }

  async function loadRest(first: { after: string; revision: number }): Promise<void> {
    let after = first.after;
    for (;;) {
      const page = await store.range({ prefix: row.prefix, after, limit: PAGE, revision: first.revision });
      put(page.entries);
      if (!page.more) break;
      after = page.entries.at(-1)?.key ?? after;
    }
  }

  function begin(first: Awaited<ReturnType<Store["range"]>>): Promise<void> | undefined {
    put(first.entries);
    const finish = (): void => {
      revision = first.revision;
      window = eventWindow(windowEvents, revision);
      follow();
      loaded = true;
    };
    if (first.more) return loadRest({ after: first.entries.at(-1)?.key ?? "", revision: first.revision }).then(finish);
    finish();
    return undefined;
  }

  function ready(): Promise<void> | undefined {
    if (loaded) return undefined;
    if (loading) return loading;
    const first = store.range({ prefix: row.prefix, limit: PAGE });
    loading = first instanceof Promise ? first.then(begin) : begin(first);
    return loading;
  }

  function visit(selection: Selection, visitor: (entry: CacheEntry) => boolean, after?: string): void {
    const prefix = keyPrefix(selection);
    if (selection.name !== undefined && (selection.namespace !== undefined || !row.namespaced)) {
      const entry = index.get(prefix + selection.name);
      if (entry && (after === undefined || entry.key > after) && selects(selection, entry)) visitor(entry);
      return;
    }
    index.walk(after !== undefined && after > prefix ? after : prefix, (entry) => {
      if (!entry.key.startsWith(prefix)) return false;
      if (after !== undefined && entry.key <= after) return true;
      return selects(selection, entry) ? visitor(entry) : true;
    });
  }

  return {
    row,
    get revision() {
      return revision;
    },
    get size() {
      return index.size;
    },
    get window() {
      return window;
    },
    ready,
    get: (key) => index.get(key),
    visit,
    list(selection) {
      const found: CacheEntry[] = [];
      visit(selection, (entry) => found.push(entry) > 0);
      return found;
    },
    subscribe: (subscription) => subscribers.add(subscription),
    onLost(listener) {
      lost.add(listener);
      return () => lost.delete(listener);
    },
    close: () => watch?.stop(),
  };
}

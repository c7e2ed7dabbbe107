/**
 * The cache of one row: an ordered index of its objects, fed by one store watch, and the fan-out of its events.
 *
 * Embedded stores call the watch before a commit resolves, so what a client has been told is in here already. Reads are
 * synchronous once `ready` has resolved. Who subscribes between two batches misses nothing: batches are handled in one step.
 */
import type { AnyResource } from "../../api/row.ts";
import { type OrderedMap, orderedMap } from "../../store/memory/ordered-map.ts";
import type { Entry, Range, Store, StoreError, StoreEvent, Watch } from "../../store/store.ts";
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
  /** How many events are kept for watches from recent revisions. */
  windowEvents?: number;
}

const WINDOW_EVENTS = 1024;
const PAGE = 2000;

/** What a cache is made of; `loaded` says that it follows the store. */
interface State {
  readonly row: AnyResource;
  readonly store: Store;
  readonly handover: Handover;
  readonly windowEvents: number;
  readonly index: OrderedMap<CacheEntry>;
  readonly subscribers: FanOut;
  readonly lost: Set<(error: StoreError) => void>;
  window: EventWindow;
  revision: number;
  watch: Watch | undefined;
  loading: Promise<void> | undefined;
  loaded: boolean;
}

function apply(state: State, event: StoreEvent): CacheEvent {
  const { row, index, handover } = state;
  const key = event.key.slice(row.prefix.length);
  const previous = index.get(key);
  state.revision = event.revision;
  const written = event.value && handover.take(event.value);
  const entry = event.value && cacheEntry(row, key, event.value, event.revision, written);
  if (entry) index.set(key, entry);
  else index.delete(key);
  const change: CacheEvent = { revision: event.revision, entry, previous, written };
  state.window.push(change);
  return change;
}

function follow(state: State): void {
  state.watch = state.store.watch({
    prefix: state.row.prefix,
    after: state.revision,
    onEvents: (events) => state.subscribers.dispatch(events.map((event) => apply(state, event))),
    onEnd(error) {
      state.loaded = false;
      state.loading = undefined;
      for (const listener of state.lost) listener(error);
    },
  });
}

function put({ row, index, handover }: State, entries: readonly Entry[]): void {
  for (const { key, value, revision } of entries) {
    const short = key.slice(row.prefix.length);
    index.set(short, cacheEntry(row, short, value, revision, handover.take(value)));
  }
}

function finish(state: State, revision: number): void {
  state.revision = revision;
  state.window = eventWindow(state.windowEvents, revision);
  follow(state);
  state.loaded = true;
}

/** The pages behind the first one, all of one revision. */
async function loadRest(state: State, first: Range): Promise<void> {
  const { revision } = first;
  let page = first;
  while (page.more) {
    const after = page.entries.at(-1)?.key ?? "";
    page = await state.store.range({ prefix: state.row.prefix, after, limit: PAGE, revision });
    put(state, page.entries);
  }
  finish(state, revision);
}

/** Small rows of an embedded store are there at once. */
function begin(state: State, first: Range): Promise<void> | undefined {
  put(state, first.entries);
  if (first.more) return loadRest(state, first);
  finish(state, first.revision);
  return undefined;
}

function ready(state: State): Promise<void> | undefined {
  if (state.loaded) return undefined;
  if (state.loading) return state.loading;
  for (const { key } of allOf(state)) state.index.delete(key);
  const first = state.store.range({ prefix: state.row.prefix, limit: PAGE });
  state.loading = first instanceof Promise ? first.then((range) => begin(state, range)) : begin(state, first);
  return state.loading;
}

/** Entries from before the store's watch was lost: none at the first load. */
function allOf({ index }: State): CacheEntry[] {
  const entries: CacheEntry[] = [];
  index.walk("", (entry) => entries.push(entry) > 0);
  return entries;
}

function visit({ row, index }: State, selection: Selection, visitor: (entry: CacheEntry) => boolean, after?: string): void {
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

export function rowCache({ row, store, handover, windowEvents = WINDOW_EVENTS }: RowCacheOptions): RowCache {
  const state: State = {
    row,
    store,
    handover,
    windowEvents,
    index: orderedMap(),
    subscribers: fanOut(),
    lost: new Set(),
    window: eventWindow(windowEvents, 0),
    revision: 0,
    watch: undefined,
    loading: undefined,
    loaded: false,
  };
  return {
    row,
    get revision() {
      return state.revision;
    },
    get size() {
      return state.index.size;
    },
    get window() {
      return state.window;
    },
    ready: () => ready(state),
    get: (key) => state.index.get(key),
    visit: (selection, visitor, after) => visit(state, selection, visitor, after),
    list(selection) {
      const found: CacheEntry[] = [];
      visit(state, selection, (entry) => found.push(entry) > 0);
      return found;
    },
    subscribe: (subscription) => state.subscribers.add(subscription),
    onLost(listener) {
      state.lost.add(listener);
      return () => state.lost.delete(listener);
    },
    close: () => state.watch?.stop(),
  };
}

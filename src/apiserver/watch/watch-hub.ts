/**
 * Opens watches: initial state or missed events first, then live ones through a shared channel, bookmarks in between, and a clean
 * end when the time is over.
 *
 * The step from "what was" to "what comes" is one synchronous step on the cache, so nothing is lost or repeated between them.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { expired, statusOf } from "../../api/errors.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Sink } from "../../base/http.ts";
import type { Store } from "../../store/store.ts";
import type { CacheEvent } from "../cache/fan-out.ts";
import type { RowCache } from "../cache/row-cache.ts";
import type { Selection } from "../cache/selection.ts";
import type { Representation } from "../representation/representation.ts";
import { type Channel, channel, framesOf, type Watcher } from "./channel.ts";
import { changesOf } from "./history.ts";
import { type WatchStream, watchStream } from "./watch-stream.ts";

export interface WatchRequest {
  cache: RowCache;
  selection: Selection;
  representation: Representation;
  firstDiffers: boolean;
  /** Where the watch starts: with the present state, or behind a revision. */
  from: "present" | { revision: number; missed: readonly CacheEvent[] };
  /** A bookmark ends the initial events. */
  initialEventsEnd: boolean;
  bookmarks: boolean;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface WatchHub {
  open(request: WatchRequest, sink: Sink): void;
  /** How many watches are open. */
  readonly size: number;
  /** Ends them all. */
  close(): void;
}

const BOOKMARK_MS = 60_000;
const INITIAL_CHUNK_BYTES = 256 * 1024;
const INITIAL_END = { "k8s.io/initial-events-end": "true" };

interface OpenWatch {
  stream: WatchStream;
  request: WatchRequest;
  close(): void;
}

function sendPresent({ cache, selection, representation }: WatchRequest, stream: WatchStream): number {
  let sent = 0;
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  const flush = (): void => {
    for (const part of chunk) stream.write(part);
    chunk = [];
    bytes = 0;
  };
  cache.visit(selection, ({ record, revision }) => {
    const frame = representation.frame("ADDED", { record, revision }, sent === 0);
    sent++;
    chunk.push(frame);
    bytes += frame.length;
    if (bytes >= INITIAL_CHUNK_BYTES) flush();
    return true;
  });
  flush();
  return sent;
}

/** What the client must see before live events; the number of events. */
function sendPast(request: WatchRequest, stream: WatchStream): number {
  const { from, cache, selection, representation } = request;
  if (from === "present") return sendPresent(request, stream);
  const recent = cache.window.after(Math.max(from.revision, cache.window.since));
  const changes = changesOf(selection, [...from.missed, ...recent]);
  if (changes.length > 0) stream.write(framesOf(representation, changes, true));
  return changes.length;
}

/** What the hub keeps of all its watches. */
interface Hub {
  readonly clock: Clock;
  readonly store: Store;
  readonly channels: Map<string, { channel: Channel; close(): void }>;
  readonly open: Set<OpenWatch>;
  bookmarkTimer: Timer | undefined;
}

/** What every watcher of the row has seen by now. */
function seenRevision({ store }: Hub, cache: RowCache): number {
  const newest = store.revision();
  return typeof newest === "number" ? Math.max(newest, cache.revision) : cache.revision;
}

/** One timer for all watches that want bookmarks. */
function armBookmarks(hub: Hub): void {
  hub.bookmarkTimer ??= hub.clock.after(BOOKMARK_MS, () => {
    hub.bookmarkTimer = undefined;
    const wanting = [...hub.open].filter(({ request }) => request.bookmarks);
    for (const { stream, request } of wanting) stream.write(request.representation.bookmark(seenRevision(hub, request.cache)));
    if (wanting.length > 0) armBookmarks(hub);
  });
}

/** Gives the function that leaves the channel, and ends it where nobody is left. */
function join({ channels }: Hub, request: WatchRequest, watcher: Watcher): () => void {
  const { cache, selection, representation } = request;
  const key = `${cache.row.prefix} ${representation.signature} ${selection.signature}`;
  const joined = channels.get(key) ?? channel(request);
  channels.set(key, joined);
  joined.channel.join(watcher);
  return () => {
    if (!joined.channel.leave(watcher) || channels.get(key) !== joined) return;
    joined.close();
    channels.delete(key);
  };
}

function openWatch(hub: Hub, request: WatchRequest, sink: Sink): void {
  const stream = watchStream(sink);
  const { cache, representation, signal, bookmarks } = request;
  const sent = sendPast(request, stream);
  if (request.initialEventsEnd) stream.write(representation.bookmark(seenRevision(hub, cache), INITIAL_END));
  const leave = join(hub, request, {
    fresh: sent === 0,
    send(bytes) {
      if (!stream.write(bytes)) watch.close();
    },
    take: sink.take && ((event, sizeBytes) => void (stream.take(event, sizeBytes) || watch.close())),
  });
  const timer = hub.clock.after(request.timeoutMs, () => {
    if (bookmarks) stream.write(representation.bookmark(seenRevision(hub, cache)));
    watch.close();
  });
  const onAbort = (): void => watch.close();
  const forget = cache.onLost(({ message }) => {
    stream.write(representation.error(statusOf(expired(message))));
    watch.close();
  });
  const watch: OpenWatch = {
    stream,
    request,
    close() {
      if (!hub.open.delete(watch)) return;
      timer.cancel();
      leave();
      forget();
      signal.removeEventListener("abort", onAbort);
      stream.end();
    },
  };
  hub.open.add(watch);
  if (signal.aborted) watch.close();
  else signal.addEventListener("abort", onAbort, { once: true });
  if (bookmarks) armBookmarks(hub);
}

export function watchHub({ clock, store }: { clock: Clock; store: Store }): WatchHub {
  const hub: Hub = { clock, store, channels: new Map(), open: new Set(), bookmarkTimer: undefined };
  return {
    open: (request, sink) => openWatch(hub, request, sink),
    get size() {
      return hub.open.size;
    },
    close() {
      hub.bookmarkTimer?.cancel();
      for (const watch of hub.open) watch.close();
    },
  };
}

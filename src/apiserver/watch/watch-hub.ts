/**
 * Opens watches: initial state or missed events first, then live ones through a shared channel, bookmarks in between, and a clean
 * end when the time is over.
 *
 * The step from "what was" to "what comes" is one synchronous step on the cache, so nothing is lost or repeated between them.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
import { ApiError, statusOf } from "../../api/errors.ts";
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

export function watchHub({ clock, store }: { clock: Clock; store: Store }): WatchHub {
  const channels = new Map<string, { channel: Channel; close(): void }>();
  const open = new Set<OpenWatch>();
  let bookmarkTimer: Timer | undefined;

  /** What every watcher of the row has seen by now. */
  function seenRevision(cache: RowCache): number {
    const newest = store.revision();
    return typeof newest === "number" ? Math.max(newest, cache.revision) : cache.revision;
  }

  function armBookmarks(): void {
    bookmarkTimer ??= clock.after(BOOKMARK_MS, () => {
      bookmarkTimer = undefined;
      for (const { stream, request } of open)
        if (request.bookmarks) stream.write(request.representation.bookmark(seenRevision(request.cache)));
      if (open.size > 0) armBookmarks();
    });
  }

  function join(request: WatchRequest, watcher: Watcher): () => void {
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

  function openWatch(request: WatchRequest, sink: Sink): void {
    const stream = watchStream(sink);
    const { cache, representation, signal } = request;
    const sent = sendPast(request, stream);
    if (request.initialEventsEnd) stream.write(representation.bookmark(seenRevision(cache), INITIAL_END));
    const leave = join(request, {
      fresh: sent === 0,
      send(bytes) {
        if (!stream.write(bytes)) watch.close();
      },
    });
    const timer = clock.after(request.timeoutMs, () => {
      if (request.bookmarks) stream.write(representation.bookmark(seenRevision(cache)));
      watch.close();
    });
    const onAbort = (): void => watch.close();
    const lost = cache.onLost((error) => {
      const failure = new ApiError({ code: 410, reason: "Expired", message: error.message });
      stream.write(representation.error(statusOf(failure)));
      watch.close();
    });
    const watch: OpenWatch = {
      stream,
      request,
      close() {
        if (!open.delete(watch)) return;
        timer.cancel();
        leave();
        lost();
        signal.removeEventListener("abort", onAbort);
        stream.end();
      },
    };
    open.add(watch);
    if (signal.aborted) watch.close();
    else signal.addEventListener("abort", onAbort, { once: true });
    if (request.bookmarks) armBookmarks();
  }

  return {
    open: openWatch,
    get size() {
      return open.size;
    },
    close() {
      bookmarkTimer?.cancel();
      for (const watch of open) watch.close();
    },
  };
}

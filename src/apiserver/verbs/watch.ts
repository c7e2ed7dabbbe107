/** GET with watch: a stream of changes. */
import { ApiError, statusOf } from "../../api/errors.ts";
import { randomInteger } from "../../base/entropy.ts";
import type { HttpResponse, Sink } from "../../base/http.ts";
import { isWebSocketRequest } from "../../streaming/upgrade.ts";
import { representationFor } from "../answers.ts";
import type { CacheEvent } from "../cache/fan-out.ts";
import type { RowCache } from "../cache/row-cache.ts";
import type { Representation } from "../representation/representation.ts";
import { selectionOf } from "../selection-of.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { missedEvents } from "../watch/history.ts";
import type { WatchRequest } from "../watch/watch-hub.ts";
import { eventsOverWebSocket } from "../web-sockets.ts";
import { type ListOptions, listOptions } from "./list-options.ts";

/** Watches without a time-out of their own end after half an hour to an hour, not all at once. */
const LEAST_TIMEOUT_SECONDS = 1800;

const timeoutMs = ({ entropy }: ServerParts, seconds: number | undefined): number =>
  (seconds && seconds > 0 ? seconds : LEAST_TIMEOUT_SECONDS + randomInteger(entropy, LEAST_TIMEOUT_SECONDS)) * 1000;

function startsWithPresent({ resourceVersion, sendInitialEvents }: ListOptions): boolean {
  if (sendInitialEvents !== undefined) return sendInitialEvents;
  return resourceVersion === undefined || resourceVersion === 0;
}

async function start(parts: ServerParts, cache: RowCache, options: ListOptions): Promise<WatchRequest["from"]> {
  if (startsWithPresent(options)) return "present";
  const revision = options.resourceVersion ?? 0;
  if (revision === 0) return { revision: Math.max(await parts.store.revision(), cache.revision), missed: [] };
  const missed = missedEvents(cache, parts.store, revision);
  const events: readonly CacheEvent[] = missed instanceof Promise ? await missed : missed;
  return { revision, missed: events };
}

/** The answer into which `open` writes events: a WebSocket where the client asks for one. */
function answerWith({ context }: Target, as: Representation, open: (sink: Sink, signal: AbortSignal) => void): HttpResponse {
  const { request, clock } = context;
  if (isWebSocketRequest(request))
    return eventsOverWebSocket(request, { clock, open, isText: !as.watchContentType.includes("protobuf") });
  return {
    status: 200,
    headers: { "content-type": as.watchContentType },
    body: { stream: (sink) => open(sink, request.signal) },
  };
}

/** A watch that cannot begin says so in its first and only event. */
function endingWith(target: Target, as: Representation, error: ApiError): HttpResponse {
  return answerWith(target, as, (sink) => {
    sink.write(as.error(statusOf(error)));
    sink.end();
  });
}

export async function watch(parts: ServerParts, target: Target): Promise<HttpResponse> {
  const { context } = target;
  const as = representationFor(parts, target, "watch");
  const options = listOptions(context.info);
  const selection = selectionOf(target);
  const cache = parts.caches.of(target.row);
  const loading = cache.ready();
  if (loading) await loading;
  let from: WatchRequest["from"];
  try {
    from = await start(parts, cache, options);
  } catch (error) {
    if (error instanceof ApiError && error.code === 410) return endingWith(target, as, error);
    throw error;
  }
  const request: Omit<WatchRequest, "signal"> = {
    cache,
    selection,
    representation: as,
    firstDiffers: /\bas=Table\b/.test(context.request.headers.accept ?? ""),
    from,
    initialEventsEnd: options.sendInitialEvents === true && options.bookmarks,
    bookmarks: options.bookmarks,
    timeoutMs: timeoutMs(parts, options.timeoutSeconds),
  };
  return answerWith(target, as, (sink, signal) => parts.watches.open({ ...request, signal }, sink));
}

/**
 * Watches and logs for clients that ask for a WebSocket: browsers have no other way to read a stream. What the client sends is read and
 * dropped.
 */
import { EMPTY, encodeBase64, encodeUtf8 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { HttpRequest, HttpResponse, Sink } from "../base/http.ts";
import { listOf } from "../streaming/upgrade.ts";
import type { WebSocketConnection } from "../streaming/websocket/connection.ts";
import { acceptWebSocket } from "../streaming/websocket/handshake.ts";

export interface StreamedAnswer {
  clock: Clock;
  /** Called once the connection stands. `signal` aborts when the client is gone. */
  open(sink: Sink, signal: AbortSignal): void;
}

/** One message for each event. `isText`: events are lines of JSON; else each is led by its length, which messages need not be. */
export function eventsOverWebSocket(
  request: HttpRequest,
  { clock, open, isText }: StreamedAnswer & { isText: boolean },
): HttpResponse {
  // As upstream: only who says where it comes from is served, and of several protocols none is chosen.
  if (!request.headers.origin) return { status: 403, headers: {}, body: EMPTY };
  const protocols = listOf(request.headers["sec-websocket-protocol"]);
  if (protocols.length > 1) return { status: 400, headers: {}, body: EMPTY };
  const framesOf = isText ? lines : lengthLed;
  return acceptWebSocket(request, {
    protocols: protocols.length === 0 ? [""] : protocols,
    clock,
    open: (socket) => {
      const kind = isText ? "text" : "binary";
      open(
        sinkOn(socket, (bytes) => all(framesOf(bytes), (frame) => socket.send([frame], kind))),
        goneSignal(socket),
      );
    },
  });
}

/** Subprotocols of a stream of bytes: as they are, or each message in base64. */
const BYTES = ["", "binary.k8s.io", "base64.binary.k8s.io"] as const;
/** Of one message. */
const MAX_MESSAGE_BYTES = 32 * 1024;

/** The stream in pieces, after an empty message that says that it has begun. */
export function bytesOverWebSocket(request: HttpRequest, { clock, open }: StreamedAnswer): HttpResponse {
  return acceptWebSocket(request, {
    protocols: BYTES,
    clock,
    open: (socket) => {
      const isText = socket.protocol === "base64.binary.k8s.io";
      const send = (bytes: Uint8Array): boolean =>
        isText ? socket.send([encodeUtf8(encodeBase64(bytes))], "text") : socket.send([bytes]);
      send(EMPTY);
      open(
        sinkOn(socket, (bytes) => all(pieces(bytes), send)),
        goneSignal(socket),
      );
    },
  });
}

/** Sends all of them; false where the last one has to wait. */
function all(parts: Iterable<Uint8Array>, send: (part: Uint8Array) => boolean): boolean {
  let more = true;
  for (const part of parts) more = send(part);
  return more;
}

function* lines(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    yield bytes.subarray(start, next);
    start = next;
  }
}

function* lengthLed(bytes: Uint8Array): Iterable<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length; ) {
    const end = start + 4 + view.getUint32(start);
    yield bytes.subarray(start + 4, end);
    start = end;
  }
}

function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += MAX_MESSAGE_BYTES) yield bytes.subarray(start, start + MAX_MESSAGE_BYTES);
}

const sinkOn = (socket: WebSocketConnection, write: (bytes: Uint8Array) => boolean): Sink => ({
  write,
  drained: () => socket.drained(),
  end: () => socket.close(),
  abort: () => socket.abort(),
  get closed() {
    return socket.closed;
  },
});

function goneSignal(socket: WebSocketConnection): AbortSignal {
  const gone = new AbortController();
  socket.onClose(() => gone.abort());
  return gone.signal;
}

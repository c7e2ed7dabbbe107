/**
 * HTTP/2 on connections that somebody else accepted, over Node's stream API (its compatibility layer costs a third of the
 * throughput). Each connection is one session; a watch is one stream of it.
 */
import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { EMPTY } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Headers, HttpHandler, HttpRequest, HttpResponse, Sink } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { answerOf, isBodiless, plainHeaders, splitTarget } from "./answer.ts";
import { isStatic, lengthOf } from "./gzip.ts";
import {
  IDLE_TIMEOUT_MS,
  MAX_CONCURRENT_STREAMS,
  MAX_HEADER_BYTES,
  MAX_HEADER_COUNT,
  STALLED_WRITE_TIMEOUT_MS,
} from "./limits.ts";
import { nodeSink } from "./node-sink.ts";
import type { Peer } from "./peer.ts";
import { pour } from "./pour.ts";
import { readBody } from "./request-body.ts";
import { upgradedConnection } from "./upgraded-connection.ts";

export interface Http2Options {
  handler: HttpHandler;
  log: Logger;
  streams: Set<Sink>;
  clock: Clock;
}

export interface Http2Server {
  accept(socket: TLSSocket, peer: Peer): void;
  /** Tells clients to open no more requests here; sessions close when the open ones are answered. */
  drain(): void;
  closeAllConnections(): void;
}

const SETTINGS = {
  maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
  maxHeaderListSize: MAX_HEADER_BYTES,
  initialWindowSize: 256 * 1024,
  enablePush: false,
  enableConnectProtocol: true,
};
/** What a client may send on one connection before it must wait for us, as upstream. */
const CONNECTION_WINDOW_BYTES = 256 * 1024 * MAX_CONCURRENT_STREAMS;

/** How often connections are looked at: one timer for all of them. */
const SWEEP_MS = 15_000;

/**
 * The protocol that a client wants to speak on one stream, as it would on a whole connection of HTTP/1.1. Handlers see the request that
 * it would have sent there. https://www.rfc-editor.org/rfc/rfc8441
 */
const protocolOf = (sent: IncomingHttpHeaders): string | undefined =>
  sent[":method"] === "CONNECT" && typeof sent[":protocol"] === "string" ? sent[":protocol"] : undefined;

/** The key of the handshake has no use here, and is not sent; handlers ask for one. */
const UNKEYED = { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
/** What of an answer belongs to the handshake of HTTP/1.1. */
const HANDSHAKE = ["connection", "upgrade", "sec-websocket-accept"];

class Http2Request implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly #stream: ServerHttp2Stream;
  readonly #peer: Peer;
  readonly #clock: Clock;
  #abort: AbortController | undefined;

  constructor(stream: ServerHttp2Stream, sent: IncomingHttpHeaders, { peer, clock }: { peer: Peer; clock: Clock }) {
    this.#stream = stream;
    this.#peer = peer;
    this.#clock = clock;
    const protocol = protocolOf(sent);
    this.method = protocol === undefined ? (sent[":method"] ?? "GET") : "GET";
    const target = splitTarget(sent[":path"] ?? "/");
    this.path = target.path;
    this.query = target.query;
    const headers = plainHeaders(sent);
    if (headers.host === undefined && sent[":authority"] !== undefined) headers.host = sent[":authority"];
    if (protocol !== undefined) Object.assign(headers, { connection: "Upgrade", upgrade: protocol, ...UNKEYED });
    this.headers = headers;
  }

  get remoteAddress(): string {
    return this.#peer.remoteAddress;
  }

  get peerCertificate(): Uint8Array | undefined {
    return this.#peer.certificate;
  }

  get peerCertificateError(): string | undefined {
    return this.#peer.certificateError;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      const stream = this.#stream;
      const gone = (): void => {
        if (!stream.writableFinished) abort.abort();
      };
      if (stream.destroyed) gone();
      else stream.once("close", gone);
    }
    return this.#abort.signal;
  }

  body(limitBytes: number): Promise<Uint8Array> {
    this.#continue();
    return readBody(this.#stream, { contentLength: this.headers["content-length"], limitBytes, clock: this.#clock });
  }

  get bodyTo(): ((sink: Sink) => void) | undefined {
    if (this.#stream.endAfterHeaders || this.headers.upgrade !== undefined || this.headers["content-length"] === "0")
      return undefined;
    return (sink) => {
      this.#continue();
      pour(this.#stream, sink, { whenClosed: "drop" });
    };
  }

  #continue(): void {
    if (this.headers.expect?.toLowerCase() === "100-continue") this.#stream.additionalHeaders({ ":status": 100 });
  }
}

/** HTTP/2 knows none of these; a handler that serves both may have set them. */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"]);

function headOf(response: HttpResponse): OutgoingHttpHeaders {
  const head: OutgoingHttpHeaders = { ":status": response.status };
  for (const name in response.headers) if (!CONNECTION_HEADERS.has(name)) head[name] = response.headers[name] ?? "";
  if (response.cookies !== undefined) head["set-cookie"] = [...response.cookies];
  return head;
}

/** Streams whose client may take nothing for as long as it likes. */
const patient = new WeakSet<ServerHttp2Stream>();

function send(response: HttpResponse, to: ServerHttp2Stream, isHead: boolean, streams: Set<Sink>): void {
  const head = headOf(response);
  const { body, status } = response;
  if (isBodiless(status)) {
    to.respond(head, { endStream: true });
    return;
  }
  if (isStatic(body)) {
    if (head["content-length"] === undefined) head["content-length"] = lengthOf(body);
    if (isHead || head["content-length"] === 0) {
      to.respond(head, { endStream: true });
      return;
    }
    to.respond(head);
    if (body instanceof Uint8Array) {
      to.end(body);
      return;
    }
    to.cork();
    for (const part of body) to.write(part);
    to.end();
    return;
  }
  to.respond(head, { endStream: isHead });
  if (isHead) return;
  const sink = nodeSink(
    to,
    () => to.close(constants.NGHTTP2_INTERNAL_ERROR),
    () => streams.delete(sink),
  );
  streams.add(sink);
  if (body.patient) patient.add(to);
  body.stream(sink);
}

/** Gives the stream away where the handler took it over; otherwise answers. */
function answerConnect(response: HttpResponse, to: ServerHttp2Stream, streams: Set<Sink>): void {
  if (response.status !== 101 || response.upgrade === undefined) return send(response, to, false, streams);
  const headers = Object.fromEntries(Object.entries(response.headers).filter(([name]) => !HANDSHAKE.includes(name)));
  to.respond({ ...headers, ":status": 200 });
  const connection = upgradedConnection(to, EMPTY);
  streams.add(connection);
  patient.add(to);
  connection.onClose(() => streams.delete(connection));
  // As with a socket: who sends no more is gone.
  to.once("end", () => connection.end());
  response.upgrade(connection);
}

/** One client's connection, as the sweep sees it. */
interface Connection {
  readonly session: ServerHttp2Session;
  /** Open streams, and how many bytes waited in each when the sweep last saw it. */
  readonly open: Map<ServerHttp2Stream, { waiting: number; sinceMs: number }>;
  idleSinceMs: number;
}

/** Ends streams whose client takes nothing, and connections on which nothing is open. */
function sweep(connections: Iterable<Connection>, nowMs: number): void {
  for (const { session, open, idleSinceMs } of connections) {
    if (open.size === 0 && nowMs - idleSinceMs > IDLE_TIMEOUT_MS) session.close();
    for (const [stream, seen] of open) {
      const waiting = stream.writableLength;
      if (waiting === 0 || waiting !== seen.waiting || patient.has(stream)) open.set(stream, { waiting, sinceMs: nowMs });
      else if (nowMs - seen.sinceMs > STALLED_WRITE_TIMEOUT_MS) stream.close(constants.NGHTTP2_CANCEL);
    }
  }
}

export function http2Server({ handler, log, streams, clock }: Http2Options): Http2Server {
  const connections = new Set<Connection>();
  let timer = clock.after(SWEEP_MS, run);
  function run(): void {
    sweep(connections, clock.monotonic());
    timer = clock.after(SWEEP_MS, run);
  }

  const onStream = (stream: ServerHttp2Stream, sent: IncomingHttpHeaders, peer: Peer): void => {
    const request = new Http2Request(stream, sent, { peer, clock });
    // A stream that the client resets is a closed stream, not an error of ours.
    stream.on("error", () => {});
    void answerOf(handler, request, log).then((response) => {
      if (stream.destroyed || stream.closed) response.upgrade?.(upgradedConnection(stream, EMPTY));
      else if (protocolOf(sent) !== undefined) answerConnect(response, stream, streams);
      else send(response, stream, request.method === "HEAD", streams);
    });
  };

  return {
    accept(socket, peer) {
      const session = performServerHandshake(socket, { settings: SETTINGS, maxHeaderListPairs: MAX_HEADER_COUNT });
      const connection: Connection = { session, open: new Map(), idleSinceMs: clock.monotonic() };
      connections.add(connection);
      session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
      session.on("stream", (stream: ServerHttp2Stream, sent: IncomingHttpHeaders) => {
        connection.open.set(stream, { waiting: 0, sinceMs: 0 });
        stream.once("close", () => {
          connection.open.delete(stream);
          connection.idleSinceMs = clock.monotonic();
        });
        onStream(stream, sent, peer);
      });
      session.on("error", () => session.destroy());
      session.once("close", () => connections.delete(connection));
    },
    drain() {
      for (const { session } of connections) session.close();
    },
    closeAllConnections() {
      timer.cancel();
      for (const { session } of connections) session.destroy();
    },
  };
}

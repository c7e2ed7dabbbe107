/**
 * HTTP/1.1 on connections that somebody else accepted. Invariants: at most one request of a connection is at work (Node's parser
 * sees to that), `100 Continue` is sent only when the body is wanted, and a taken-over connection never goes back to HTTP.
 */
import { createServer, type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { EMPTY } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Headers, HttpHandler, HttpRequest, HttpResponse, Sink } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { answerOf, isBodiless, plainHeaders, splitTarget } from "./answer.ts";
import { isStatic, lengthOf } from "./gzip.ts";
import { HEADERS_TIMEOUT_MS, IDLE_TIMEOUT_MS, MAX_HEADER_BYTES, MAX_HEADER_COUNT, STALLED_WRITE_TIMEOUT_MS } from "./limits.ts";
import { nodeSink } from "./node-sink.ts";
import type { Peer } from "./peer.ts";
import { pour } from "./pour.ts";
import { readBody } from "./request-body.ts";
import { upgradedConnection } from "./upgraded-connection.ts";

export interface Http1Options {
  handler: HttpHandler;
  log: Logger;
  /** Streaming answers that are open: ended when the server closes. */
  streams: Set<Sink>;
  clock: Clock;
}

export interface Http1Server {
  accept(socket: TLSSocket, peer: Peer): void;
  /** Answers from now on ask the client to close; connections without a request are closed. */
  drain(): void;
  closeAllConnections(): void;
}

const peers = new WeakMap<Duplex, Peer>();

/** A class, since one is made for each request and most getters are never called. */
class Http1Request implements HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Headers;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #gone: Duplex | ServerResponse;
  readonly #clock: Clock;
  #abort: AbortController | undefined;

  /** `gone` closes when the client is gone: the response, or the socket where the connection may be taken over. */
  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    { gone, clock }: { gone: Duplex | ServerResponse; clock: Clock },
  ) {
    this.#message = message;
    this.#response = response;
    this.#gone = gone;
    this.#clock = clock;
    this.method = message.method ?? "GET";
    const target = splitTarget(message.url ?? "/");
    this.path = target.path;
    this.query = target.query;
    this.headers = plainHeaders(message.headers);
  }

  get #peer(): Peer | undefined {
    return peers.get(this.#message.socket);
  }

  get remoteAddress(): string {
    return this.#peer?.remoteAddress ?? "";
  }

  get peerCertificate(): Uint8Array | undefined {
    return this.#peer?.certificate;
  }

  get peerCertificateError(): string | undefined {
    return this.#peer?.certificateError;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      const connection = this.#gone;
      const gone = (): void => {
        if (!this.#response.writableFinished) abort.abort();
      };
      if (this.#message.socket.destroyed) gone();
      else connection.once("close", gone);
    }
    return this.#abort.signal;
  }

  body(limitBytes: number): Promise<Uint8Array> {
    const contentLength = this.headers["content-length"];
    if (!(Number(contentLength) > limitBytes)) this.#continue();
    return readBody(this.#message, { contentLength, limitBytes, clock: this.#clock });
  }

  get bodyTo(): ((sink: Sink) => void) | undefined {
    const { headers } = this;
    if (headers["transfer-encoding"] === undefined && !(Number(headers["content-length"]) > 0)) return undefined;
    return (sink) => {
      this.#continue();
      pour(this.#message, sink, { whenClosed: "drop" });
    };
  }

  #continue(): void {
    if (this.headers.expect?.toLowerCase() === "100-continue") this.#response.writeContinue();
  }
}

/** Answers whose client may take nothing for as long as it likes. */
const patient = new WeakSet<ServerResponse>();

function headOf(response: HttpResponse): string[] {
  const head: string[] = [];
  for (const name in response.headers) head.push(name, response.headers[name] ?? "");
  for (const cookie of response.cookies ?? []) head.push("set-cookie", cookie);
  return head;
}

function send(response: HttpResponse, to: ServerResponse, isHead: boolean, streams: Set<Sink>): void {
  const head = headOf(response);
  const { body, status } = response;
  if (isBodiless(status)) {
    to.writeHead(status, head).end();
    return;
  }
  if (isStatic(body)) {
    if (response.headers["content-length"] === undefined) head.push("content-length", String(lengthOf(body)));
    to.writeHead(status, head);
    if (body instanceof Uint8Array || isHead) {
      to.end(isHead ? undefined : body);
      return;
    }
    to.cork();
    for (const part of body) to.write(part);
    to.end();
    return;
  }
  to.writeHead(status, head);
  if (isHead) {
    to.end();
    return;
  }
  // The client learns that the watch stands before anything happens.
  to.flushHeaders();
  const sink = nodeSink(
    to,
    () => to.destroy(),
    () => streams.delete(sink),
  );
  streams.add(sink);
  if (body.patient) patient.add(to);
  body.stream(sink);
}

/** Gives the connection away where the handler took it over; otherwise answers, and ends it: Node already let go of it. */
function answerUpgrade(
  response: HttpResponse,
  { socket, head, to, streams }: { socket: Duplex; head: Uint8Array; to: ServerResponse; streams: Set<Sink> },
): void {
  if (response.status !== 101 || response.upgrade === undefined) {
    to.assignSocket(socket as TLSSocket);
    to.shouldKeepAlive = false;
    to.once("finish", () => socket.end());
    send(response, to, false, streams);
    return;
  }
  const lines = headOf(response);
  let text = "HTTP/1.1 101 Switching Protocols\r\n";
  for (let index = 0; index < lines.length; index += 2) text += `${lines[index]}: ${lines[index + 1]}\r\n`;
  socket.write(`${text}\r\n`);
  const connection = upgradedConnection(socket, head);
  streams.add(connection);
  connection.onClose(() => streams.delete(connection));
  response.upgrade(connection);
}

export function http1Server({ handler, log, streams, clock }: Http1Options): Http1Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // What may be long is bounded where it is read: a body that is passed on takes as long as its sender likes.
    requestTimeout: 0,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    noDelay: true,
    shouldUpgradeCallback: isTakeOver,
  });
  server.maxHeadersCount = MAX_HEADER_COUNT;
  let draining = false;

  const onRequest = (message: IncomingMessage, to: ServerResponse): void => {
    const request = new Http1Request(message, to, { gone: to, clock });
    if (draining) to.shouldKeepAlive = false;
    void answerOf(handler, request, log).then((response) => {
      if (to.destroyed) return;
      if (response.status === 413 || response.status === 504) to.shouldKeepAlive = false;
      send(response, to, request.method === "HEAD", streams);
    });
  };
  server.on("request", onRequest);
  server.on("checkContinue", onRequest);

  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
    const to = new ServerResponse(message);
    socket.on("error", () => socket.destroy());
    void answerOf(handler, new Http1Request(message, to, { gone: socket, clock }), log).then((response) => {
      if (!socket.destroyed) answerUpgrade(response, { socket, head, to, streams });
      else response.upgrade?.(upgradedConnection(socket, EMPTY));
    });
  });

  // A silent connection is idle, waits for a watch's next event, or does not take what it was sent. Only the second may stay.
  server.timeout = STALLED_WRITE_TIMEOUT_MS;
  const busy = new WeakMap<Duplex, ServerResponse>();
  server.on("request", (message: IncomingMessage, to: ServerResponse) => {
    busy.set(message.socket, to);
    to.once("close", () => {
      busy.delete(message.socket);
      if (draining) message.socket.end();
    });
  });
  server.on("timeout", (socket) => {
    const answer = busy.get(socket);
    if (answer === undefined || (socket.writableLength > 0 && !patient.has(answer))) socket.destroy();
  });

  return {
    accept(socket, peer) {
      peers.set(socket, peer);
      server.emit("connection", socket);
    },
    drain() {
      draining = true;
      server.closeIdleConnections();
    },
    closeAllConnections: () => server.closeAllConnections(),
  };
}

/** Requests for other versions of HTTP are answered in this one. */
function isTakeOver(message: IncomingMessage): boolean {
  return !/^(h2c|tls)/i.test(message.headers.upgrade ?? "");
}

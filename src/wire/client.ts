/**
 * The other side of server.ts: an `HttpHandler` whose requests travel over TLS to one server, with pooled connections.
 *
 * HTTP/1.1, one connection a request at a time: a watch has its own, so no stream waits for another's window. Answers come as
 * streams; a connection that breaks in the middle aborts the sink. A server that cannot be reached is `serviceUnavailable`.
 */
import type { IncomingMessage } from "node:http";
import { Agent, type RequestOptions, request as send } from "node:https";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { serviceUnavailable } from "../api/errors.ts";
import type { HttpHandler, HttpRequest, HttpResponse, Sink } from "../base/http.ts";
import { isBodiless, plainHeaders } from "./answer.ts";
import { CLIENT_IDLE_TIMEOUT_MS, MAX_CLIENT_SOCKETS } from "./limits.ts";
import { splice, upgradedConnection } from "./upgraded-connection.ts";

export interface WireClientOptions {
  /** `https://host:port`. */
  server: string;
  /** PEM of the authority that signed the server's certificate; the system's own where absent. */
  ca?: string;
  /** PEM of a client certificate and its key. */
  certificate?: string;
  key?: string;
  /** Asked for each request, since tokens are renewed. */
  token?: () => string | undefined;
  /** The name that the server's certificate must have, where it is not the host. */
  serverName?: string;
  /** Accept any certificate: for kubelets and webhooks that say so. */
  insecure?: boolean;
}

export interface WireClient {
  handle: HttpHandler;
  /** Breaks off what is open. */
  close(): void;
}

export function wireClient(options: WireClientOptions): WireClient {
  const url = new URL(options.server);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_CLIENT_SOCKETS,
    timeout: 0,
    keepAliveMsecs: CLIENT_IDLE_TIMEOUT_MS,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.certificate === undefined ? {} : { cert: options.certificate }),
    ...(options.key === undefined ? {} : { key: options.key }),
    // Node would take it from the Host header, which is the caller's.
    servername: options.serverName ?? (isIP(host) === 0 ? host : ""),
    rejectUnauthorized: options.insecure !== true,
  });
  const port = url.port === "" ? 443 : Number(url.port);
  const prefix = url.pathname.replace(/\/$/, "");

  return {
    async handle(request) {
      const body =
        request.method === "GET" || request.method === "HEAD" ? undefined : await request.body(Number.POSITIVE_INFINITY);
      const token = options.token?.();
      return exchange(request, body, {
        agent,
        host,
        port,
        method: request.method,
        path: `${prefix}${request.path}${request.query === "" ? "" : `?${request.query}`}`,
        headers: {
          ...request.headers,
          host: url.host,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-length": body.length }),
        },
        signal: request.signal,
      });
    },
    close: () => agent.destroy(),
  };
}

function exchange(request: HttpRequest, body: Uint8Array | undefined, options: RequestOptions): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = send(options);
    outgoing.once("error", (error) =>
      reject(serviceUnavailable(`cannot reach https://${options.host}:${options.port}: ${error.message}`)),
    );
    outgoing.once("response", (answer) => resolve(responseOf(answer, request.method)));
    outgoing.once("upgrade", (answer, socket, head) => resolve(takenOver(answer, socket, head)));
    outgoing.end(body);
  });
}

function responseOf(answer: IncomingMessage, method: string): HttpResponse {
  const status = answer.statusCode ?? 502;
  const headers = plainHeaders(answer.headers);
  if (method === "HEAD" || isBodiless(status)) {
    answer.resume();
    return { status, headers, body: new Uint8Array(0) };
  }
  return { status, headers, body: { stream: (sink) => pour(answer, sink) } };
}

/** Sends what comes to `sink`, no faster than it takes it. */
function pour(answer: IncomingMessage, sink: Sink): void {
  answer.on("data", (bytes: Buffer) => {
    if (sink.write(bytes)) return;
    if (sink.closed) {
      answer.destroy();
      return;
    }
    answer.pause();
    void sink.drained().then(() => answer.resume());
  });
  answer.once("end", () => sink.end());
  answer.on("error", () => {});
  answer.once("close", () => {
    if (!answer.complete && !sink.closed) sink.abort();
  });
}

function takenOver(answer: IncomingMessage, socket: Duplex, head: Buffer): HttpResponse {
  return {
    status: 101,
    headers: plainHeaders(answer.headers),
    body: new Uint8Array(0),
    upgrade: (connection) => splice(connection, upgradedConnection(socket, head)),
  };
}

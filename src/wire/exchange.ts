/**
 * One request over HTTP/1.1 and its answer, streamed both ways; what clients of one server and of many have in common.
 *
 * A body that is still coming is passed on as it comes. Answers come as streams; a connection that breaks in the middle aborts the
 * sink. What cannot be reached rejects with an Error in Go's words.
 */
import { type Agent, type ClientRequest, type IncomingMessage, request as sendPlain } from "node:http";
import { request as sendSecure } from "node:https";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { EMPTY } from "../base/bytes.ts";
import { realClock } from "../base/clock.ts";
import type { Headers, HttpRequest, HttpResponse } from "../base/http.ts";
import { isBodiless, plainHeaders } from "./answer.ts";
import { dialTimedOut, dialWords } from "./dial-words.ts";
import { DIAL_TIMEOUT_MS } from "./limits.ts";
import { nodeSink } from "./node-sink.ts";
import { pour } from "./pour.ts";
import { splice, upgradedConnection } from "./upgraded-connection.ts";

export interface Way {
  secure: boolean;
  host: string;
  port: number;
  /** False: a connection of its own. */
  agent: Agent | false;
  /** With the query. */
  path: string;
  /** Besides those of the request. */
  headers: Headers;
  /** Only for a connection of its own: an agent has its own. */
  verify?: boolean;
}

/** Requests that may be sent twice: a kept connection may have been closed just before. */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** How many kept connections may turn out to be closed before a request fails of it. */
const MAX_STALE_CONNECTIONS = 8;

interface Sent {
  readonly request: HttpRequest;
  readonly way: Way;
  readonly body: Uint8Array;
}

export async function exchange(request: HttpRequest, way: Way): Promise<HttpResponse> {
  const streamed = request.bodyTo !== undefined;
  const hasBody = !streamed && request.method !== "GET" && request.method !== "HEAD";
  return attempt({ request, way, body: hasBody ? await request.body(Number.POSITIVE_INFINITY) : EMPTY });
}

function headersOf({ request, way, body }: Sent): Record<string, string> {
  const headers: Record<string, string> = { ...request.headers, ...way.headers };
  const length = headers["content-length"];
  for (const name of ["expect", "content-length", "transfer-encoding"]) delete headers[name];
  // Who is told that the connection is to be closed may close it before the body has come, and its answer is lost.
  if (way.agent === false) headers.connection ??= "keep-alive";
  if (request.bodyTo !== undefined) return Object.assign(headers, length ? { "content-length": length } : CHUNKED);
  if (body.length > 0 || !REPEATABLE.has(request.method)) headers["content-length"] = String(body.length);
  return headers;
}

const CHUNKED = { "transfer-encoding": "chunked" };

function open(sent: Sent): ClientRequest {
  const { request, way } = sent;
  const { secure, host, port, agent, path } = way;
  const send = secure ? sendSecure : sendPlain;
  const outgoing = send({
    host,
    port,
    agent,
    path,
    method: request.method,
    headers: headersOf(sent),
    signal: request.signal,
    // Node would take it from the Host header, which is the caller's.
    ...(secure ? { servername: isIP(host) === 0 ? host : "" } : {}),
    ...(way.verify === false ? { rejectUnauthorized: false } : {}),
  });
  outgoing.on("socket", (socket) => limitDialling(socket, way));
  return outgoing;
}

/** Connections live on the machine's clock, whatever clock their users have: the other side's is real. */
function limitDialling(socket: Socket, { secure, host, port }: Way): void {
  if (!socket.connecting) return;
  const late = realClock.after(DIAL_TIMEOUT_MS, () => void socket.destroy(dialTimedOut(host, port)));
  for (const event of [secure ? "secureConnect" : "connect", "close"]) socket.once(event, () => late.cancel());
}

function attempt(sent: Sent, left = MAX_STALE_CONNECTIONS): Promise<HttpResponse> {
  const { request, way, body } = sent;
  return new Promise((resolve, reject) => {
    const outgoing = open(sent);
    let answered = false;
    outgoing.on("error", (error: Error & { code?: string }) => {
      if (answered) return;
      const isStale = outgoing.reusedSocket && error.code === "ECONNRESET";
      if (isStale && left > 0 && request.bodyTo === undefined && REPEATABLE.has(request.method))
        return resolve(attempt(sent, left - 1));
      reject(new Error(dialWords(error, way.host, way.port), { cause: error }));
    });
    outgoing.once("response", (answer) => {
      answered = true;
      resolve(responseOf(answer, request.method));
    });
    outgoing.once("upgrade", (answer, socket, head) => {
      answered = true;
      resolve(takenOver(answer, socket, head));
    });
    if (request.bodyTo === undefined) {
      outgoing.end(body.length === 0 ? undefined : body);
      return;
    }
    outgoing.flushHeaders();
    const breakOff = (): void => void outgoing.destroy();
    request.bodyTo(nodeSink(outgoing, breakOff, () => {}));
  });
}

function headOf(answer: IncomingMessage): Pick<HttpResponse, "headers" | "cookies"> {
  const { "set-cookie": cookies, ...others } = answer.headers;
  return { headers: plainHeaders(others), cookies };
}

function responseOf(answer: IncomingMessage, method: string): HttpResponse {
  const status = answer.statusCode ?? 502;
  const head = { status, ...headOf(answer) };
  if (method === "HEAD" || isBodiless(status)) {
    answer.resume();
    return { ...head, body: EMPTY };
  }
  return { ...head, body: { stream: (sink) => pour(answer, sink, { whenClosed: "destroy" }), patient: true } };
}

function takenOver(answer: IncomingMessage, socket: Duplex, head: Buffer): HttpResponse {
  return {
    status: 101,
    ...headOf(answer),
    body: EMPTY,
    upgrade: (connection) => splice(connection, upgradedConnection(socket, head)),
  };
}

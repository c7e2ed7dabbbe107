/**
 * The server's side of port-forward, in every protocol that a client may ask for: SPDY/3.1 with `portforward.k8s.io`, the same
 * tunnelled through a WebSocket, and WebSocket channels for ports that are named beforehand. Behaviour and words are upstream's.
 */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { type ByteSink, type ByteStream, discard, ended, pump } from "../byte-stream.ts";
import { STREAM_IDLE_TIMEOUT_MS, withIdleTimeout } from "../idle-timeout.ts";
import { channelsOn } from "../remote-command/channels.ts";
import { acceptSpdy } from "../spdy/handshake.ts";
import { type SpdySession, type SpdyStream, spdySession } from "../spdy/session.ts";
import { isWebSocketRequest, listOf } from "../upgrade.ts";
import { bytesOf } from "../websocket/byte-connection.ts";
import type { WebSocketConnection } from "../websocket/connection.ts";
import { acceptWebSocket } from "../websocket/handshake.ts";
import type { PortForwardSession } from "./session.ts";

const PROTOCOL = "portforward.k8s.io";
const TUNNEL_PROTOCOL = `SPDY/3.1+${PROTOCOL}`;
const CHANNEL_PROTOCOLS = ["", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"];
/** How long a client may take to open the second stream of a pair. */
const STREAM_CREATION_TIMEOUT_MS = 30_000;
const MAX_PORT = 0xffff;

/** SPDY frames in a WebSocket. */
export const isTunnelRequest = (request: Pick<HttpRequest, "headers">): boolean =>
  isWebSocketRequest(request) &&
  listOf(request.headers["sec-websocket-protocol"]).some((each) => each.startsWith("SPDY/3.1+") && each.endsWith(".k8s.io"));

export interface PortForwardOptions {
  clock: Clock;
  /** Of channels: the ports, in their order. */
  ports: readonly number[];
  /** Called at most once, when the connection is there; the session is aborted when the client is gone. */
  open(): Promise<PortForwardSession>;
}

/** 101, or the refusal. Nothing is opened before the connection is the client's. */
export function acceptPortForward(request: HttpRequest, options: PortForwardOptions): HttpResponse {
  const answer = answerOf(request, options);
  const { upgrade } = answer;
  if (upgrade === undefined) return answer;
  return { ...answer, upgrade: (connection) => upgrade(withIdleTimeout(connection, options.clock, STREAM_IDLE_TIMEOUT_MS)) };
}

function answerOf(request: HttpRequest, options: PortForwardOptions): HttpResponse {
  const { clock } = options;
  if (isTunnelRequest(request)) {
    const open = (socket: WebSocketConnection): void => serveSpdy(spdySession(bytesOf(socket), "server"), options);
    return acceptWebSocket(request, { protocols: [TUNNEL_PROTOCOL], clock, open });
  }
  if (isWebSocketRequest(request))
    return acceptWebSocket(request, { protocols: CHANNEL_PROTOCOLS, clock, open: (socket) => serveChannels(socket, options) });
  const answer = acceptSpdy(request, [PROTOCOL]);
  if ("refusal" in answer) return answer.refusal;
  return {
    status: 101,
    headers: answer.headers,
    body: new Uint8Array(0),
    upgrade: (connection) => serveSpdy(spdySession(connection, "server"), options),
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Joins a client's stream and a port until both ways are over. Answers what went wrong. */
async function forward(session: Promise<PortForwardSession>, port: number, data: ByteStream): Promise<string | undefined> {
  try {
    const { stream, failure } = await (await session).connect(port);
    pump(data, stream);
    pump(stream, data);
    await Promise.all([ended(stream), failure]);
    return await failure;
  } catch (error) {
    return messageOf(error);
  }
}

/** The two streams of a connection that a client asks for. */
interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  timer: Timer;
}

/** As upstream for clients that number no requests: by the streams' own numbers. */
const requestOf = ({ headers, id }: SpdyStream): string =>
  headers.requestid || String(headers.streamtype === "error" ? id : id - 2);

function portOf(text = ""): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= MAX_PORT ? port : undefined;
}

function serveSpdy(client: SpdySession, { clock, open }: PortForwardOptions): void {
  const session = open();
  session.then(
    (opened) => {
      client.onClose(() => opened.abort());
      opened.onClose(() => client.close());
    },
    () => {},
  );
  const pairs = new Map<string, Pair>();
  client.onClose(() => {
    for (const { timer } of pairs.values()) timer.cancel();
  });

  function pairOf(request: string): Pair {
    const existing = pairs.get(request);
    if (existing !== undefined) return existing;
    const timer = clock.after(STREAM_CREATION_TIMEOUT_MS, () => {
      pairs.delete(request);
      pair.error?.write(encodeUtf8(`(request=${request}) timed out waiting for streams`));
      pair.error?.end();
    });
    const pair: Pair = { timer };
    pairs.set(request, pair);
    return pair;
  }

  client.onStream((stream) => {
    const { port: portText, streamtype: type } = stream.headers;
    const port = portOf(portText);
    if (port === undefined || (type !== "data" && type !== "error")) return false;
    const request = requestOf(stream);
    const pair = pairOf(request);
    if (pair[type] !== undefined) {
      pair.error?.write(encodeUtf8(`error processing stream for request ${request}: ${type} stream already assigned`));
      return false;
    }
    pair[type] = stream;
    const { data, error } = pair;
    if (data === undefined || error === undefined) return true;
    pair.timer.cancel();
    pairs.delete(request);
    void forwardPair(session, port, data, error);
    return true;
  });
}

async function forwardPair(
  session: Promise<PortForwardSession>,
  port: number,
  data: SpdyStream,
  error: SpdyStream,
): Promise<void> {
  discard(error);
  const failure = await forward(session, port, data);
  if (failure === undefined) {
    data.end();
    error.end();
    return;
  }
  // As upstream: reset streams tell the client to try anew.
  error.write(encodeUtf8(failure));
  data.abort();
  error.abort();
}

function serveChannels(socket: WebSocketConnection, { ports, open }: PortForwardOptions): void {
  const { channels, close, onClose } = channelsOn(
    socket,
    ports.flatMap(() => [
      { reads: true, writes: true },
      { reads: true, writes: false },
    ]),
  );
  const session = open();
  session.then(
    (opened) => onClose(() => opened.abort()),
    () => {},
  );
  const forwards = ports.map(async (port, index) => {
    const data = channels[index * 2];
    const error: ByteSink | undefined = channels[index * 2 + 1];
    if (data === undefined || error === undefined) return;
    const named = Uint8Array.of(port & 0xff, port >> 8);
    data.write(named);
    error.write(named);
    const failure = await forward(session, port, data);
    if (failure !== undefined) error.write(encodeUtf8(failure));
    data.end();
    error.end();
  });
  void Promise.all(forwards).then(close);
}

/**
 * The server's side of exec and attach, in every protocol that a client may ask for: WebSocket `[v4.|v5.][base64.]channel.k8s.io`,
 * and SPDY/3.1 with `[v2.|v3.|v4.]channel.k8s.io`. Behaviour and words are those of upstream's streaming server.
 */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { discard } from "../byte-stream.ts";
import { STREAM_IDLE_TIMEOUT_MS, withIdleTimeout } from "../idle-timeout.ts";
import { acceptSpdy } from "../spdy/handshake.ts";
import { type SpdySession, type SpdyStream, spdySession } from "../spdy/session.ts";
import { isWebSocketRequest } from "../upgrade.ts";
import type { WebSocketConnection } from "../websocket/connection.ts";
import { acceptWebSocket } from "../websocket/handshake.ts";
import { channelsOn } from "./channels.ts";
import {
  type CommandClient,
  type CommandOptions,
  type CommandStatus,
  exitCodeOf,
  exitStatus,
  internalStatus,
} from "./command.ts";
import { readTerminalSizes } from "./terminal-size.ts";

const WEBSOCKET_PROTOCOLS = [
  "",
  "channel.k8s.io",
  "base64.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "v5.channel.k8s.io",
];
const SPDY_PROTOCOLS = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

/** How long a client of SPDY may take to open its streams. */
const STREAM_CREATION_TIMEOUT_MS = 30_000;

export interface RemoteCommandOptions extends CommandOptions {
  clock: Clock;
  /** Called when the client has its streams; not at all where it goes before that. */
  serve(client: CommandClient): void;
}

/** 101, or the refusal. Nothing is run before the connection is the client's. */
export function acceptRemoteCommand(request: HttpRequest, options: RemoteCommandOptions): HttpResponse {
  const { clock } = options;
  const answer = isWebSocketRequest(request)
    ? acceptWebSocket(request, {
        protocols: WEBSOCKET_PROTOCOLS,
        clock,
        open: (socket) => options.serve(webSocketClient(socket, options)),
      })
    : spdyAnswer(request, options);
  const { upgrade } = answer;
  if (upgrade === undefined) return answer;
  return { ...answer, upgrade: (connection) => upgrade(withIdleTimeout(connection, clock, STREAM_IDLE_TIMEOUT_MS)) };
}

/**
 * From v4 on a Status as JSON; before, the message of a failure. Upstream speaks v4 with runtimes and makes v5 of it: there an exit
 * code is told in its own words, and other failures are internal errors once more.
 */
function statusBytes(protocol: string, status: CommandStatus): Uint8Array | undefined {
  if (!/^v[45]\./.test(protocol)) return status.status === "Success" ? undefined : encodeUtf8(status.message ?? "");
  const told = protocol.startsWith("v5.") && status.status === "Failure" ? translated(status) : status;
  return encodeUtf8(JSON.stringify({ metadata: {}, ...told }));
}

function translated(status: CommandStatus): CommandStatus {
  const code = exitCodeOf(status);
  return code === undefined
    ? internalStatus(status.message ?? "")
    : exitStatus(code, `command terminated with exit code ${code}`);
}

function webSocketClient(socket: WebSocketConnection, { stdin, stdout, stderr, tty }: CommandOptions): CommandClient {
  const toClient = (reads: boolean) => ({ reads, writes: false });
  const { channels, close, onClose } = channelsOn(socket, [
    { reads: false, writes: stdin },
    toClient(stdout),
    toClient(stderr && !tty),
    toClient(true),
    { reads: false, writes: true },
  ]);
  const [input, output, errors, status, sizes] = channels;
  // An empty message on the first channel that the client reads: now it is connected.
  (stdout ? output : stderr && !tty ? errors : status)?.announce();
  return {
    stdin: stdin ? input : undefined,
    stdout: stdout ? output : undefined,
    stderr: stderr && !tty ? errors : undefined,
    onResize(listener) {
      if (sizes !== undefined) readTerminalSizes(sizes, listener);
    },
    onClose,
    finish(of) {
      const bytes = statusBytes(socket.protocol, of);
      if (bytes !== undefined) status?.write(bytes);
      close();
    },
  };
}

function spdyAnswer(request: HttpRequest, options: RemoteCommandOptions): HttpResponse {
  const answer = acceptSpdy(request, SPDY_PROTOCOLS);
  if ("refusal" in answer) return answer.refusal;
  const { protocol, headers } = answer;
  return {
    status: 101,
    headers,
    body: new Uint8Array(0),
    upgrade: (connection) => awaitStreams(spdySession(connection, "server"), protocol, options),
  };
}

/** The streams that the client has to open, by their type. */
function expectedTypes(protocol: string, { stdin, stdout, stderr, tty }: CommandOptions): Set<string> {
  const types = new Set(["error"]);
  if (stdin) types.add("stdin");
  if (stdout) types.add("stdout");
  if (stderr && !tty) types.add("stderr");
  if (tty && /^v[34]\./.test(protocol)) types.add("resize");
  return types;
}

function awaitStreams(session: SpdySession, protocol: string, options: RemoteCommandOptions): void {
  const missing = expectedTypes(protocol, options);
  const streams = new Map<string, SpdyStream>();
  const timer = options.clock.after(STREAM_CREATION_TIMEOUT_MS, () => session.abort());
  session.onClose(() => timer.cancel());
  session.onStream((stream) => {
    const type = stream.headers.streamtype ?? "";
    if (!missing.delete(type)) return false;
    streams.set(type, stream);
    if (missing.size === 0) {
      timer.cancel();
      // The reply to this last stream is sent first.
      queueMicrotask(() => options.serve(spdyClient(session, protocol, streams)));
    }
    return true;
  });
}

function spdyClient(session: SpdySession, protocol: string, streams: ReadonlyMap<string, SpdyStream>): CommandClient {
  for (const type of ["stdout", "stderr", "error"]) {
    const stream = streams.get(type);
    if (stream !== undefined) discard(stream);
  }
  return {
    stdin: streams.get("stdin"),
    stdout: streams.get("stdout"),
    stderr: streams.get("stderr"),
    onResize(listener) {
      const sizes = streams.get("resize");
      if (sizes !== undefined) readTerminalSizes(sizes, listener);
    },
    onClose: (listener) => session.onClose(listener),
    finish(status) {
      const bytes = statusBytes(protocol, status);
      if (bytes !== undefined) streams.get("error")?.write(bytes);
      for (const stream of streams.values()) stream.end();
      session.close();
    },
  };
}

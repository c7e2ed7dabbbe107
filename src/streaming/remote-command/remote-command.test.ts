import { expect, test } from "vitest";
import { concatBytes, decodeUtf8, EMPTY, encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import { realClock } from "../../base/clock.ts";
import { seededEntropy } from "../../base/entropy.ts";
import type { HttpRequest, HttpResponse, UpgradedConnection } from "../../base/http.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { STREAM_IDLE_TIMEOUT_MS } from "../idle-timeout.ts";
import { Pipe } from "../pipe.ts";
import { spdyRequestHeaders } from "../spdy/handshake.ts";
import { spdySession } from "../spdy/session.ts";
import { connectionPair } from "../testing/connection-pair.ts";
import { dialWebSocket } from "../websocket/handshake.ts";
import { openRemoteCommand, REMOTE_COMMAND_HEADERS } from "./client.ts";
import {
  brokenStatus,
  type CommandOptions,
  type CommandSession,
  type CommandStatus,
  exitStatus,
  SUCCESS,
  serveCommand,
} from "./command.ts";
import { acceptRemoteCommand } from "./server.ts";

const ALL: CommandOptions = { stdin: true, stdout: true, stderr: true, tty: false };
const requestOf = (headers: Record<string, string>, method = "GET"): HttpRequest => ({
  method,
  path: "/",
  query: "",
  headers,
  body: () => Promise.resolve(EMPTY),
  remoteAddress: "",
  signal: new AbortController().signal,
});

/** A command that says what it read, in capitals, when its stdin has ended. */
function shouting(options: CommandOptions, status: CommandStatus, sizes: string[] = []): CommandSession & { aborted: boolean } {
  const stdin = new Pipe();
  const stdout = new Pipe();
  const stderr = new Pipe();
  const end = Promise.withResolvers<CommandStatus>();
  stdin.onData((bytes) => {
    stdout.write(encodeUtf8(decodeUtf8(bytes).toUpperCase()));
  });
  stdin.onEnd(() => {
    stderr.write(encodeUtf8("no more"));
    stdout.end();
    stderr.end();
    end.resolve(status);
  });
  const session = {
    stdin,
    stdout,
    stderr: options.tty ? undefined : stderr,
    resize: (columns: number, rows: number) => void sizes.push(`${columns}x${rows}`),
    aborted: false,
    abort() {
      session.aborted = true;
    },
    ended: end.promise,
  };
  return session;
}

interface Serving {
  options?: CommandOptions;
  clock?: typeof realClock;
  session?: CommandSession;
  method?: string;
}

/** The server's answer to a request with these headers, and the client's end of the connection. */
function serve(headers: Record<string, string>, serving: Serving = {}): { answer: HttpResponse; near: UpgradedConnection } {
  const { options = ALL, clock = realClock, session = shouting(options, SUCCESS), method } = serving;
  const [near, far] = connectionPair();
  const answer = acceptRemoteCommand(requestOf(headers, method), {
    ...options,
    clock,
    serve: (client) => void serveCommand(client, session, "executing command in"),
  });
  answer.upgrade?.(far);
  return { answer, near };
}

/** A WebSocket client that keeps whole messages, by channel, and how the connection ended. */
function webSocket(protocol: string, serving: Serving = {}) {
  const dial = dialWebSocket({ protocols: [protocol], clock: realClock, entropy: seededEntropy(1) });
  const { answer, near } = serve({ ...dial.headers }, serving);
  const socket = dial.open(answer, near);
  const heard: string[] = [];
  let parts: Uint8Array[] = [];
  socket.onMessage(({ bytes, isLast }) => {
    parts.push(bytes);
    if (!isLast) return;
    const message = concatBytes(parts);
    parts = [];
    const isText = protocol.includes("base64");
    heard.push(isText ? decodeUtf8(message) : `${message[0]}:${decodeUtf8(message.subarray(1))}`);
  });
  const closed = new Promise<number>((resolve) => socket.onClose(({ code }) => resolve(code)));
  return { socket, heard, closed };
}

const on = (channel: number, text: string): Uint8Array[] => [Uint8Array.of(channel), encodeUtf8(text)];

test("v5: a client ends stdin, gets all output, then the status, then a normal close", async () => {
  const { socket, heard, closed } = webSocket("v5.channel.k8s.io", {
    session: shouting(ALL, exitStatus(3, "error executing command [x], exit code 3")),
  });
  socket.send(on(0, "hello "));
  socket.send(on(0, "there"));
  socket.send([Uint8Array.of(255, 0)]);
  expect(await closed).toBe(1000);
  expect(heard.slice(0, 4)).toEqual(["1:", "1:HELLO ", "1:THERE", "2:no more"]);
  expect(JSON.parse(heard[4]?.slice(2) ?? "")).toEqual({
    metadata: {},
    status: "Failure",
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: "3" }] },
    message: "command terminated with non-zero exit code: command terminated with exit code 3",
  });
});

test("v5: another failure is an internal error once more, as upstream's translation makes it", async () => {
  const { socket, heard, closed } = webSocket("v5.channel.k8s.io", {
    session: shouting(ALL, brokenStatus("executing command in", new Error("no such file"))),
  });
  socket.send([Uint8Array.of(255, 0)]);
  await closed;
  expect(JSON.parse(heard.at(-1)?.slice(2) ?? "")).toMatchObject({
    message: "Internal error occurred: Internal error occurred: error executing command in container: no such file",
    reason: "InternalError",
    code: 500,
  });
});

test("a client that ends a channel that is not there is sent away", async () => {
  const { socket, closed } = webSocket("v5.channel.k8s.io");
  socket.send([Uint8Array.of(255, 9)]);
  expect(await closed).toBe(1000);
});

test("before v5 stdin ends with the connection, and before v4 success says nothing", async () => {
  const session = shouting(ALL, SUCCESS);
  const { socket, closed } = webSocket("channel.k8s.io", { session });
  socket.send(on(0, "hi"));
  socket.close();
  await closed;
  await session.ended;
  expect(session.aborted).toBe(true);
});

test("base64 channels carry text, decode what comes in pieces, and leave out what is none", async () => {
  const session = shouting(ALL, SUCCESS);
  const { socket, heard } = webSocket("v4.base64.channel.k8s.io", { session });
  socket.send([encodeUtf8("0not*base64")], "text");
  socket.send([encodeUtf8(`0${encodeBase64(encodeUtf8("hello"))}`)], "text");
  while (heard.length < 2) await realClock.pause();
  expect(heard).toEqual(["1", `1${encodeBase64(encodeUtf8("HELLO"))}`]);
});

test("streams that were not asked for are ignored, and the first that was is announced", async () => {
  const options = { stdin: false, stdout: false, stderr: true, tty: false };
  const pipe = new Pipe();
  const session = {
    ...shouting(options, SUCCESS),
    stdin: undefined,
    stdout: undefined,
    stderr: pipe,
    ended: Promise.resolve(SUCCESS),
  };
  const { socket, heard, closed } = webSocket("v4.channel.k8s.io", { options, session });
  socket.send(on(0, "nobody reads this"));
  pipe.write(encodeUtf8("errors"));
  pipe.end();
  await closed;
  expect(heard).toEqual(["2:", "2:errors", '3:{"metadata":{},"status":"Success"}']);
});

test("sizes of the terminal come as JSON cut anywhere, and nonsense ends them", async () => {
  const sizes: string[] = [];
  const options = { stdin: true, stdout: true, stderr: false, tty: true };
  const { socket, closed } = webSocket("v5.channel.k8s.io", { options, session: shouting(options, SUCCESS, sizes) });
  socket.send(on(4, '{"Width":80,"Height":24}\n{"Wid'));
  socket.send(on(4, 'th":100,"Height":50}'));
  socket.send(on(4, '{"Width":-1}{"Width":1,"Height":1}'));
  socket.send([Uint8Array.of(255, 0)]);
  await closed;
  expect(sizes).toEqual(["80x24", "100x50"]);
});

test("our client and server speak SPDY with each other: streams, sizes, exit codes", async () => {
  for (const status of [SUCCESS, exitStatus(42, "why"), brokenStatus("executing command in", new Error("gone"))]) {
    const sizes: string[] = [];
    const { near } = serve({ ...REMOTE_COMMAND_HEADERS }, { method: "POST", session: shouting(ALL, status, sizes) });
    const session = await openRemoteCommand(near, ALL);
    let output = "";
    let errors = "";
    session.stdout?.onData((bytes) => {
      output += decodeUtf8(bytes);
    });
    session.stderr?.onData((bytes) => {
      errors += decodeUtf8(bytes);
    });
    session.stdin?.write(encodeUtf8("loud"));
    session.stdin?.end();
    expect(await session.ended).toEqual(status);
    expect([output, errors]).toEqual(["LOUD", "no more"]);
  }
});

test("with a terminal there is a stream of sizes and none of errors", async () => {
  const options = { stdin: true, stdout: true, stderr: true, tty: true };
  const sizes: string[] = [];
  const { near } = serve({ ...REMOTE_COMMAND_HEADERS }, { options, session: shouting(options, SUCCESS, sizes) });
  const session = await openRemoteCommand(near, options);
  expect(session.stderr).toBeUndefined();
  session.stdout?.onData(() => {});
  session.resize(120, 40);
  session.stdin?.end();
  expect(await session.ended).toEqual(SUCCESS);
  expect(sizes).toEqual(["120x40"]);
});

test("a server that is lost without a word is a failure", async () => {
  const [near, far] = connectionPair();
  const server = spdySession(far, "server");
  server.onStream(() => true);
  const session = await openRemoteCommand(near, ALL);
  far.abort();
  expect(await session.ended).toMatchObject({ status: "Failure", reason: "InternalError" });
});

test("a client of SPDY that opens no streams in time is cut off, and so is one on which nothing happens", async () => {
  const clock = virtualClock();
  const { near } = serve(spdyHeaders(), { clock });
  const closed = new Promise<void>((resolve) => near.onClose(resolve));
  await clock.advance(30_000);
  await closed;
  const idle = serve({ ...REMOTE_COMMAND_HEADERS }, { clock });
  const gone = new Promise<void>((resolve) => idle.near.onClose(resolve));
  const session = await openRemoteCommand(idle.near, ALL);
  session.stdout?.onData(() => {});
  await clock.advance(STREAM_IDLE_TIMEOUT_MS - 1_000);
  session.stdin?.write(encodeUtf8("still here"));
  await clock.advance(STREAM_IDLE_TIMEOUT_MS - 1_000);
  expect(idle.near.closed).toBe(false);
  await clock.advance(2_000);
  await gone;
});

const spdyHeaders = (): Record<string, string> => ({ ...spdyRequestHeaders(["v4.channel.k8s.io"]) });

test("a client that goes away ends the session; one of an unknown protocol is refused before anything runs", async () => {
  const session = shouting(ALL, SUCCESS);
  const { near } = serve({ ...REMOTE_COMMAND_HEADERS }, { session });
  const client = await openRemoteCommand(near, ALL);
  client.abort();
  while (!session.aborted) await realClock.pause();
  expect(serve({ ...spdyHeaders(), "x-stream-protocol-version": "v9" }).answer.status).toBe(403);
  const headers = dialWebSocket({ protocols: ["v9"], clock: realClock, entropy: seededEntropy(1) }).headers;
  expect(serve({ ...headers }).answer.status).toBe(403);
});

test("a client that does not read holds the command's output back", async () => {
  const stdout = new Pipe();
  const session = { ...shouting(ALL, SUCCESS), stdout };
  const { socket } = webSocket("v5.channel.k8s.io", { session });
  socket.pauseReading();
  let written = 0;
  while (written < 10_000_000) {
    written += 16_384;
    if (stdout.write(new Uint8Array(16_384))) continue;
    await realClock.pause();
    if (!stdout.write(EMPTY)) break;
  }
  expect(written).toBeLessThan(1_000_000);
  socket.resumeReading();
  await stdout.drained();
});

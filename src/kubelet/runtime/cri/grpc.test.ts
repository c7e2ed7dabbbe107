import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { realClock } from "../../../base/clock.ts";
import { type GrpcCall, type GrpcConnection, grpcConnection, type Outcome } from "./grpc.ts";

let directory: string;
let server: Http2Server;
let connection: GrpcConnection;
/** What the server does with a call. */
let answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
const sessions = new Set<{ destroy(): void }>();

const socket = (): string => join(directory, "runtime.sock");
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function framed(words: string): Buffer {
  const content = Buffer.from(words);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

async function listen(): Promise<void> {
  server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream: ServerHttp2Stream, headers) => answer(stream, headers));
  await new Promise<void>((resolve) => server.listen(socket(), resolve));
}

async function endServer(): Promise<void> {
  const ended = new Promise((resolve) => server.close(resolve));
  for (const session of sessions) session.destroy();
  await ended;
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "grpc-"));
  await listen();
  connection = grpcConnection(socket(), realClock);
});

afterEach(async () => {
  connection.close();
  await endServer();
  rmSync(directory, { recursive: true });
});

/** Answers with `parts` as they are, then with the status. */
function respond(
  stream: ServerHttp2Stream,
  parts: readonly Buffer[],
  trailers: Record<string, string> = { "grpc-status": "0" },
): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const part of parts) stream.write(part);
  stream.end();
}

async function call(options: Partial<GrpcCall> = {}): Promise<Outcome & { messages: string[] }> {
  const messages: string[] = [];
  const outcome = await connection.call({
    path: "/runtime.v1.RuntimeService/Version",
    message: Buffer.from("asked"),
    onMessage: (message) => messages.push(text(message)),
    signal: undefined,
    timeoutMs: undefined,
    ...options,
  });
  return { ...outcome, messages };
}

describe("a gRPC connection", () => {
  test("sends one message with its length, its path and its deadline", async () => {
    let seen: unknown;
    answer = (stream, headers) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        seen = { path: headers[":path"], timeout: headers["grpc-timeout"], body: text(Buffer.concat(parts)) };
        respond(stream, [framed("answered")]);
      });
    };
    expect(await call({ timeoutMs: 1_500 })).toEqual({ code: undefined, message: "", messages: ["answered"] });
    expect(seen).toEqual({ path: "/runtime.v1.RuntimeService/Version", timeout: "1500m", body: "\0\0\0\0\u0005asked" });
  });

  test("puts messages together that come in pieces, and takes apart those that come at once", async () => {
    const all = Buffer.concat([framed("first"), framed(""), framed("x".repeat(300_000))]);
    answer = (stream) => respond(stream, [all.subarray(0, 3), all.subarray(3, 8), all.subarray(8)]);
    const { messages } = await call();
    expect(messages.map(({ length }) => length)).toEqual([5, 0, 300_000]);
  });

  test("says what the runtime says where it refuses", async () => {
    answer = (stream) => {
      stream.respond({ ":status": 200, "grpc-status": "5", "grpc-message": "no such%20container" }, { endStream: true });
    };
    expect(await call()).toMatchObject({ code: "NotFound", message: "no such container" });
    answer = (stream) => respond(stream, [], { "grpc-status": "99", "grpc-message": "100% odd" });
    expect(await call()).toMatchObject({ code: "Unknown", message: "100% odd" });
  });

  test("is unavailable at once where nobody listens, and is there again with the next call", async () => {
    answer = (stream) => respond(stream, [framed("here")]);
    expect((await call()).messages).toEqual(["here"]);
    await endServer();
    expect(await call()).toMatchObject({ code: "Unavailable", message: expect.stringMatching(/ENOENT|ECONNREFUSED/) });
    await listen();
    expect((await call()).messages).toEqual(["here"]);
  });

  test("is unavailable where the runtime ends in the middle of a call", async () => {
    const began = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    const outcome = call();
    await began;
    for (const session of sessions) session.destroy();
    expect(await outcome).toMatchObject({ code: "Unavailable" });
  });

  test("takes no half message for a whole one", async () => {
    answer = (stream) => respond(stream, [framed("whole").subarray(0, 7)]);
    expect(await call()).toEqual({ code: undefined, message: "", messages: [] });
  });

  test("gives up after the time that a call has, and tells the runtime so", async () => {
    const canceled = new Promise<void>((resolve) => {
      answer = (stream) => {
        stream.on("error", () => {});
        stream.on("close", resolve);
      };
    });
    expect(await call({ timeoutMs: 20 })).toEqual({ code: "DeadlineExceeded", message: "", messages: [] });
    await canceled;
  });

  test("is canceled by its signal, before and in the middle of a call", async () => {
    const ending = new AbortController();
    answer = () => ending.abort();
    expect(await call({ signal: ending.signal })).toMatchObject({ code: "Canceled" });
    expect(await call({ signal: ending.signal })).toMatchObject({ code: "Canceled" });
  });

  test("fails where an answer cannot be read, and goes on with the next call", async () => {
    answer = (stream) => respond(stream, [framed("words")]);
    const broken = await call({
      onMessage() {
        throw new Error("no such field");
      },
    });
    expect(broken).toMatchObject({ code: "Internal", message: "an answer cannot be read: no such field" });
    expect((await call()).messages).toEqual(["words"]);
  });

  test("refuses what is compressed or endless", async () => {
    const compressed = framed("words");
    compressed[0] = 1;
    answer = (stream) => respond(stream, [compressed]);
    expect(await call()).toMatchObject({ code: "Internal" });
    const endless = framed("words");
    endless.writeUInt32BE(0xffffffff, 1);
    answer = (stream) => respond(stream, [endless]);
    expect(await call()).toMatchObject({ code: "ResourceExhausted" });
  });
});

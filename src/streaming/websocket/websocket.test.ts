import { expect, test } from "vitest";
import { concatBytes, decodeUtf8, EMPTY, encodeUtf8, equalBytes } from "../../base/bytes.ts";
import { realClock } from "../../base/clock.ts";
import { randomInteger, seededEntropy } from "../../base/entropy.ts";
import type { HttpRequest, UpgradedConnection } from "../../base/http.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { connectionPair } from "../testing/connection-pair.ts";
import { CLOSE_TIMEOUT_MS, type WebSocketConnection, webSocketOn } from "./connection.ts";
import {
  CLOSE_CODE,
  type Close,
  encodeClose,
  encodeFrame,
  FrameReader,
  type MessagePart,
  OPCODE,
  type WebSocketError,
} from "./frames.ts";
import { acceptWebSocket, dialWebSocket } from "./handshake.ts";

const frame = (...args: Parameters<typeof encodeFrame>): Uint8Array => concatBytes(encodeFrame(...args));
const LIMITS = { maxFrameBytes: 1 << 20, maxMessageBytes: 1 << 20 };
const MASK = Uint8Array.of(1, 2, 3, 4);
const request = (headers: Record<string, string>, method = "GET"): HttpRequest => ({
  method,
  path: "/",
  query: "",
  headers,
  body: () => Promise.resolve(EMPTY),
  remoteAddress: "",
  signal: new AbortController().signal,
});

/** Whole messages and control frames, in their order. */
function collected(masked: boolean) {
  const seen: string[] = [];
  let parts: Uint8Array[] = [];
  const reader = new FrameReader(
    { ...LIMITS, masked },
    {
      message({ bytes, isFirst, isLast, isText }) {
        expect(isFirst).toBe(parts.length === 0);
        parts.push(bytes);
        if (!isLast) return;
        seen.push(`${isText ? "text" : "binary"} ${decodeUtf8(concatBytes(parts))}`);
        parts = [];
      },
      control: (opcode, payload) => seen.push(`control ${opcode} ${decodeUtf8(payload)}`),
    },
  );
  return { read: (bytes: Uint8Array) => reader.read(bytes), seen };
}

/** A frame that is not the last one of its message. */
const fragment = (whole: Uint8Array): Uint8Array => {
  const copy = whole.slice();
  copy[0] = (copy[0] ?? 0) & 0x7f;
  return copy;
};

test("messages come out as they went in, wherever the bytes are cut", () => {
  for (const mask of [undefined, MASK]) {
    const bytes = concatBytes([
      frame(OPCODE.binary, [encodeUtf8("one"), encodeUtf8("-two")], mask),
      frame(OPCODE.text, [], mask),
      fragment(frame(OPCODE.text, [encodeUtf8("first ")], mask)),
      frame(OPCODE.ping, [encodeUtf8("are you there")], mask),
      fragment(frame(OPCODE.continuation, [], mask)),
      frame(OPCODE.continuation, [encodeUtf8("x".repeat(200))], mask),
      frame(OPCODE.close, [encodeClose(1000, encodeUtf8("done"))], mask),
    ]);
    const whole = collected(mask !== undefined);
    whole.read(bytes.slice());
    expect(whole.seen.slice(0, 4)).toEqual([
      "binary one-two",
      "text ",
      "control 9 are you there",
      `text first ${"x".repeat(200)}`,
    ]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const cutInTwo = collected(mask !== undefined);
      cutInTwo.read(bytes.slice(0, cut));
      cutInTwo.read(bytes.slice(cut));
      expect(cutInTwo.seen).toEqual(whole.seen);
    }
    const byteByByte = collected(mask !== undefined);
    for (let at = 0; at < bytes.length; at++) byteByByte.read(bytes.slice(at, at + 1));
    expect(byteByByte.seen).toEqual(whole.seen);
  }
});

test("messages of all lengths survive random cuts", () => {
  const entropy = seededEntropy(7);
  for (let round = 0; round < 40; round++) {
    const payload = entropy.bytes([0, 1, 3, 4, 125, 126, 127, 65_535, 65_536, 70_001][round % 10] ?? 0);
    const mask = entropy.bytes(4);
    const cut = randomInteger(entropy, payload.length + 1);
    const bytes = frame(OPCODE.binary, [payload.subarray(0, cut), payload.subarray(cut)], mask);
    const parts: Uint8Array[] = [];
    let ends = 0;
    const reader = new FrameReader(
      { ...LIMITS, masked: true },
      {
        message(part) {
          parts.push(part.bytes);
          if (part.isLast) ends++;
        },
        control: () => {},
      },
    );
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + randomInteger(entropy, 9_000);
      reader.read(bytes.subarray(at, at + length));
      at += length;
    }
    expect(ends).toBe(1);
    expect(equalBytes(concatBytes(parts), payload)).toBe(true);
  }
});

test("what breaks the rules is refused with the close code for it", () => {
  const code = (bytes: Uint8Array, masked = false): number | undefined => {
    try {
      new FrameReader({ masked, maxFrameBytes: 100, maxMessageBytes: 150 }, { message: () => {}, control: () => {} }).read(bytes);
      return undefined;
    } catch (error) {
      return (error as WebSocketError).code;
    }
  };
  const one = frame(OPCODE.binary, [encodeUtf8("x")]);
  expect(code(one)).toBeUndefined();
  expect(code(one, true)).toBe(CLOSE_CODE.protocolError);
  expect(code(frame(OPCODE.binary, [], MASK))).toBe(CLOSE_CODE.protocolError);
  expect(code(Uint8Array.of(0xc2, 0))).toBe(CLOSE_CODE.protocolError);
  expect(code(Uint8Array.of(0x83, 0))).toBe(CLOSE_CODE.protocolError);
  expect(code(Uint8Array.of(0x09, 0))).toBe(CLOSE_CODE.protocolError);
  expect(code(Uint8Array.of(0x89, 126, 0, 126))).toBe(CLOSE_CODE.protocolError);
  expect(code(frame(OPCODE.continuation, []))).toBe(CLOSE_CODE.protocolError);
  expect(code(concatBytes([fragment(one), one]))).toBe(CLOSE_CODE.protocolError);
  expect(code(frame(OPCODE.binary, [new Uint8Array(101)]))).toBe(CLOSE_CODE.tooBig);
  expect(code(Uint8Array.of(0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255))).toBe(CLOSE_CODE.tooBig);
  const half = frame(OPCODE.binary, [new Uint8Array(90)]);
  expect(code(concatBytes([fragment(half), frame(OPCODE.continuation, [new Uint8Array(90)])]))).toBe(CLOSE_CODE.tooBig);
});

const SERVER = { protocol: "", clock: realClock };
const CLIENT = { protocol: "", clock: realClock, entropy: seededEntropy(1) };

/** The close that a server sends for `bytes` of a client. */
async function closeFor(bytes: Uint8Array): Promise<Close> {
  const [near, far] = connectionPair();
  webSocketOn(far, SERVER).onMessage(() => {});
  const client = webSocketOn(near, CLIENT);
  near.write(bytes);
  return new Promise((resolve) => client.onClose(resolve));
}

test("a connection ends with the close code that says why", async () => {
  expect(await closeFor(frame(OPCODE.binary, []))).toMatchObject({ code: 1002 });
  expect(await closeFor(frame(OPCODE.text, [Uint8Array.of(0xff)], MASK))).toMatchObject({ code: 1007 });
  expect(await closeFor(frame(OPCODE.close, [Uint8Array.of(3)], MASK))).toMatchObject({ code: 1002 });
  expect(await closeFor(frame(OPCODE.close, [encodeClose(1005 + 1, EMPTY)], MASK))).toMatchObject({ code: 1002 });
  expect(await closeFor(frame(OPCODE.close, [encodeClose(1001, EMPTY)], MASK))).toMatchObject({ code: 1001 });
  expect(await closeFor(frame(OPCODE.close, [], MASK))).toMatchObject({ code: 1005 });
});

test("text may be cut inside of a character", async () => {
  const [near, far] = connectionPair();
  const server = webSocketOn(far, SERVER);
  const parts: MessagePart[] = [];
  const done = new Promise<void>((resolve) =>
    server.onMessage((part) => {
      parts.push(part);
      if (part.isLast) resolve();
    }),
  );
  const euro = encodeUtf8("€");
  near.write(fragment(frame(OPCODE.text, [euro.subarray(0, 1)], MASK)));
  near.write(frame(OPCODE.continuation, [euro.subarray(1)], MASK));
  await done;
  expect(decodeUtf8(concatBytes(parts.map(({ bytes }) => bytes)))).toBe("€");
});

test("closes on both sides, with what was sent before it", async () => {
  const [near, far] = connectionPair();
  const server = webSocketOn(far, SERVER);
  const client = webSocketOn(near, CLIENT);
  const got: string[] = [];
  client.onMessage(({ bytes }) => got.push(decodeUtf8(bytes)));
  const closes = Promise.all([
    new Promise<Close>((resolve) => server.onClose(resolve)),
    new Promise<Close>((resolve) => client.onClose(resolve)),
    new Promise<void>((resolve) => near.onClose(resolve)),
  ]);
  server.send([encodeUtf8("last")]);
  server.close(1000, "over");
  expect(server.send([encodeUtf8("late")])).toBe(false);
  expect((await closes).slice(0, 2)).toEqual([
    { code: 1000, reason: "" },
    { code: 1000, reason: "over" },
  ]);
  expect(got).toEqual(["last"]);
});

test("a side that does not answer a close is cut off", async () => {
  const clock = virtualClock();
  const [near, far] = connectionPair();
  const server = webSocketOn(far, { protocol: "", clock });
  const closed = new Promise<Close>((resolve) => server.onClose(resolve));
  server.close();
  await clock.advance(CLOSE_TIMEOUT_MS);
  expect(await closed).toEqual({ code: 1006, reason: "" });
  expect(near.closed).toBe(true);
});

test("answers pings, without a queue of answers for who reads none", async () => {
  const [near, far] = connectionPair();
  webSocketOn(far, SERVER);
  let pongs: Uint8Array[] = [];
  near.onData((bytes) => pongs.push(bytes));
  near.write(frame(OPCODE.ping, [encodeUtf8("one")], MASK));
  await realClock.pause();
  expect(pongs).toEqual([frame(OPCODE.pong, [encodeUtf8("one")])]);
  pongs = [];
  near.pauseReading();
  for (let index = 0; index < 5_000; index++) near.write(frame(OPCODE.ping, [new Uint8Array(100)], MASK));
  await realClock.pause();
  near.resumeReading();
  await realClock.pause();
  expect(pongs.length).toBeLessThan(1_000);
});

test("a slow reader makes the writer wait", async () => {
  const [near, far] = connectionPair();
  const server = webSocketOn(far, SERVER);
  const client = webSocketOn(near, CLIENT);
  const chunk = new Uint8Array(8_000);
  server.pauseReading();
  let sent = 0;
  while (client.send([chunk])) sent++;
  expect(sent).toBeLessThan(20);
  let got = 0;
  server.onMessage(({ bytes }) => {
    got += bytes.length;
  });
  let isDrained = false;
  const drained = client.drained().then(() => {
    isDrained = true;
  });
  await realClock.pause();
  expect(isDrained).toBe(false);
  server.resumeReading();
  await drained;
  expect(got).toBe((sent + 1) * chunk.length);
});

const KEY = {
  upgrade: "websocket",
  connection: "keep-alive, Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};
const accept = (headers: Record<string, string>, method?: string, protocols = ["", "b", "a"]) =>
  acceptWebSocket(request(headers, method), { protocols, clock: realClock, open: () => {} });

test("accepts with the first protocol of the client's that is spoken, and the key's answer", () => {
  expect(accept(KEY)).toMatchObject({ status: 101, headers: { "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" } });
  expect(accept({ ...KEY, "sec-websocket-protocol": "x, a,b" }).headers["sec-websocket-protocol"]).toBe("a");
});

test("refuses what upstream refuses, in its words", () => {
  const said = (response: ReturnType<typeof accept>) => `${response.status} ${decodeUtf8(response.body as Uint8Array)}`;
  expect(said(accept(KEY, "POST"))).toBe("405 bad method");
  expect(said(accept({}))).toBe("400 not websocket protocol");
  expect(said(accept({ ...KEY, "sec-websocket-key": "" }))).toBe("400 mismatch challenge/response");
  expect(said(accept({ ...KEY, "sec-websocket-version": "8" }))).toBe("400 missing or bad WebSocket Version");
  expect(said(accept({ ...KEY, "sec-websocket-protocol": "x" }))).toBe("403 ");
  expect(said(accept(KEY, "GET", ["a"]))).toBe("403 ");
});

test("a client and a server of ours agree, and talk", async () => {
  const dial = dialWebSocket({ protocols: ["c", "a"], clock: realClock, entropy: seededEntropy(3) });
  const answer = acceptWebSocket(request({ ...dial.headers }), {
    protocols: ["a"],
    clock: realClock,
    open: (socket: WebSocketConnection) => socket.onMessage(({ bytes }) => socket.send([encodeUtf8("you said "), bytes], "text")),
  });
  const [near, far]: UpgradedConnection[] = connectionPair();
  if (near === undefined || far === undefined) throw new Error("a pair has two ends");
  answer.upgrade?.(far);
  const client = dial.open(answer, near);
  expect(client.protocol).toBe("a");
  const heard = new Promise<string>((resolve) => client.onMessage(({ bytes }) => resolve(decodeUtf8(bytes))));
  client.send([encodeUtf8("hello")]);
  expect(await heard).toBe("you said hello");
  expect(() => dial.open({ status: 403, headers: {} }, near)).toThrow("bad handshake");
  expect(() => dial.open({ status: 101, headers: { "sec-websocket-accept": "x" } }, near)).toThrow("wrong accept key");
});

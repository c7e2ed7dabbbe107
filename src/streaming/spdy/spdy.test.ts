import { constants, createDeflate, type Deflate, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../base/bytes.ts";
import { realClock } from "../../base/clock.ts";
import { randomInteger, seededEntropy } from "../../base/entropy.ts";
import type { UpgradedConnection } from "../../base/http.ts";
import { connectionPair } from "../testing/connection-pair.ts";
import { dataFrame, pingFrame, resetFrame, SpdyReader, spdyWriter } from "./frames.ts";
import { acceptSpdy } from "./handshake.ts";
import { DICTIONARY, headerReader, headerWriter } from "./headers.ts";
import { type SpdySession, type SpdyStream, spdySession } from "./session.ts";

/** What zlib itself makes of header blocks, one connection's worth. */
function zlibWriter(level: number): (block: Uint8Array) => Promise<Uint8Array> {
  const deflate: Deflate = createDeflate({ dictionary: DICTIONARY, level });
  const parts: Buffer[] = [];
  deflate.on("data", (part: Buffer) => parts.push(part));
  return (block) =>
    new Promise((resolve) => {
      deflate.write(block);
      deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(parts.splice(0))));
    });
}

const uint32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};
const blockOf = (headers: Record<string, string>): Uint8Array =>
  concatBytes([
    uint32(Object.keys(headers).length),
    ...Object.entries(headers)
      .flat()
      .flatMap((text) => [uint32(encodeUtf8(text).length), encodeUtf8(text)]),
  ]);

test("reads header blocks as zlib writes them, one after the other", async () => {
  for (const level of [0, 1, 9]) {
    const entropy = seededEntropy(level);
    const write = zlibWriter(level);
    const read = headerReader();
    for (let round = 0; round < 60; round++) {
      const headers: Record<string, string> = {
        streamtype: round % 2 === 0 ? "data" : "error",
        port: "80",
        requestid: String(round),
      };
      if (round % 7 === 0)
        headers["accept-encoding"] = String.fromCharCode(...entropy.bytes(900).map((byte) => 32 + (byte % 90)));
      if (round % 11 === 0) headers.long = "x".repeat(randomInteger(entropy, 40_000));
      expect(read(await write(blockOf(headers)))).toEqual(headers);
    }
  }
});

test("writes header blocks that zlib reads", () => {
  const write = headerWriter();
  const compressed = concatBytes([write({ streamType: "stdin" }), write({}), write({ port: "80" })]);
  const text = inflateSync(compressed, { dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  expect(new Uint8Array(text)).toEqual(concatBytes([blockOf({ streamtype: "stdin" }), blockOf({}), blockOf({ port: "80" })]));
});

test("a header block that unfolds into megabytes is refused, and so is one that is none", async () => {
  const bomb = await zlibWriter(9)(blockOf({ long: "x".repeat(8 << 20) }));
  expect(bomb.length).toBeLessThan(16_384);
  expect(() => headerReader()(bomb)).toThrow("too long");
  expect(() => headerReader()(Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]))).toThrow("cannot be decompressed");
});

function collected() {
  const seen: string[] = [];
  let text = "";
  const reader = new SpdyReader({
    synStream: (id, headers, isFinal) => seen.push(`syn ${id} ${JSON.stringify(headers)} ${isFinal}`),
    synReply: (id) => seen.push(`reply ${id}`),
    data(id, bytes, isFinal) {
      text += decodeUtf8(bytes);
      if (isFinal) seen.push(`data ${id} ${text}`);
    },
    reset: (id) => seen.push(`reset ${id}`),
    ping: (id) => seen.push(`ping ${id}`),
    goAway: () => seen.push("go away"),
  });
  return { seen, reader };
}

test("frames come out as they went in, wherever the bytes are cut", () => {
  const writer = spdyWriter();
  const bytes = concatBytes([
    writer.synStream(1, { streamtype: "stdin" }),
    writer.synReply(2),
    ...dataFrame(1, encodeUtf8("hello "), false),
    ...dataFrame(1, encodeUtf8("there"), false),
    pingFrame(7),
    ...dataFrame(1, new Uint8Array(0), true),
    resetFrame(1, 5),
  ]);
  const expected = ['syn 1 {"streamtype":"stdin"} false', "reply 2", "ping 7", "data 1 hello there", "reset 1"];
  for (let cut = 0; cut <= bytes.length; cut++) {
    const { seen, reader } = collected();
    reader.read(bytes.subarray(0, cut));
    reader.read(bytes.subarray(cut));
    expect(seen).toEqual(expected);
  }
  const { seen, reader } = collected();
  for (let at = 0; at < bytes.length; at++) reader.read(bytes.subarray(at, at + 1));
  expect(seen).toEqual(expected);
});

test("what breaks the rules is refused", () => {
  const read = (...bytes: number[]) => collected().reader.read(Uint8Array.from(bytes));
  expect(() => read(0, 0, 0, 0, 0, 0, 0, 1)).toThrow("stream id zero");
  expect(() => read(0x80, 2, 0, 1, 0, 0, 0, 10)).toThrow("version 2");
  expect(() => read(0x80, 3, 0, 1, 0, 255, 255, 255)).toThrow("a control frame has more than");
  expect(() => read(0x80, 3, 0, 99, 0, 0, 0, 0)).toThrow("frames of type 99");
  expect(() => read(0x80, 3, 0, 6, 0, 0, 0, 2, 0, 0)).toThrow("too short");
});

interface Talk {
  client: SpdySession;
  server: SpdySession;
  near: UpgradedConnection;
  /** The next stream that the server is offered. */
  next(): Promise<SpdyStream>;
}

function talk(): Talk {
  const [near, far] = connectionPair();
  const client = spdySession(near, "client");
  const server = spdySession(far, "server");
  const offered: SpdyStream[] = [];
  let wake: () => void = () => {};
  server.onStream((stream) => {
    if (stream.headers.refuse !== undefined) return false;
    offered.push(stream);
    wake();
    return true;
  });
  return {
    client,
    server,
    near,
    async next() {
      for (;;) {
        const stream = offered.shift();
        if (stream !== undefined) return stream;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

/** All that comes until the end. */
const all = (stream: SpdyStream): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    stream.onData((bytes) => {
      text += decodeUtf8(bytes);
    });
    stream.onEnd(() => resolve(text));
  });

test("carries many streams both ways, each way ending by itself", async () => {
  const { client, server, next } = talk();
  const pairs = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const opening = client.open({ number: String(index) });
      return opening;
    }),
  );
  const answers = pairs.map(async (stream, index) => {
    const heard = all(stream);
    stream.write(encodeUtf8(`question ${index}`));
    stream.end();
    expect(stream.write(encodeUtf8("late"))).toBe(false);
    return heard;
  });
  for (const _ of pairs) {
    const stream = await next();
    void all(stream).then((text) => {
      stream.write(encodeUtf8(`${text} of ${stream.headers.number}`));
      stream.end();
    });
  }
  expect(await Promise.all(answers)).toEqual(pairs.map((_, index) => `question ${index} of ${index}`));
  const closed = new Promise<void>((resolve) => client.onClose(resolve));
  server.close();
  await closed;
  await expect(client.open({})).rejects.toThrow("closed");
});

test("a stream that is refused rejects, and the connection goes on", async () => {
  const { client, next } = talk();
  await expect(client.open({ refuse: "yes" })).rejects.toThrow("reset");
  const stream = await client.open({});
  stream.write(encodeUtf8("still here"));
  stream.end();
  expect(await all(await next())).toBe("still here");
});

test("what was sent before a reset or a goodbye is read", async () => {
  const { client, server, next } = talk();
  const stream = await client.open({});
  const far = await next();
  stream.pauseReading();
  far.write(encodeUtf8("last words"));
  server.close();
  await realClock.pause();
  const heard = all(stream);
  stream.resumeReading();
  expect(await heard).toBe("last words");
});

test("a paused stream does not hold up the others until much waits for it, and then the writer waits", async () => {
  const { client, next } = talk();
  const slow = await client.open({ name: "slow" });
  const slowEnd = await next();
  slowEnd.pauseReading();
  let got = 0;
  slowEnd.onData((bytes) => {
    got += bytes.length;
  });
  const chunk = new Uint8Array(16_384);
  for (let index = 0; index < 4; index++) slow.write(chunk);
  const quick = await client.open({ name: "quick" });
  quick.write(encodeUtf8("quick"));
  quick.end();
  expect(await all(await next())).toBe("quick");
  let sent = 4;
  while (sent < 10_000) {
    sent++;
    if (slow.write(chunk)) continue;
    await realClock.pause();
    if (!slow.write(new Uint8Array(1))) break;
    got--;
  }
  expect(sent * chunk.length).toBeLessThan(1 << 20);
  const drained = slow.drained();
  slow.end();
  const heard = new Promise<void>((resolve) => slowEnd.onEnd(resolve));
  slowEnd.resumeReading();
  await drained;
  await heard;
  expect(got).toBeGreaterThanOrEqual(sent * chunk.length);
});

test("answers pings of the other side, and ends on nonsense with a goodbye", async () => {
  const { server, near } = talk();
  const frames: Uint8Array[] = [];
  near.onData((bytes) => frames.push(bytes));
  near.write(pingFrame(3));
  await realClock.pause();
  expect(frames).toEqual([pingFrame(3)]);
  const closed = new Promise<void>((resolve) => server.onClose(resolve));
  near.write(new Uint8Array(8));
  await closed;
  await realClock.pause();
  expect([...(frames[1] ?? [])]).toEqual([0x80, 3, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test("a stream with a number that goes down is reset", async () => {
  const [near, far] = connectionPair();
  spdySession(far, "server").onStream(() => true);
  const frames: Uint8Array[] = [];
  near.onData((bytes) => frames.push(bytes));
  const writer = spdyWriter();
  near.write(writer.synStream(5, {}));
  near.write(writer.synStream(3, {}));
  await realClock.pause();
  expect(frames.at(-1)).toEqual(resetFrame(3, 1));
});

test("agrees on the first protocol of the client's that is spoken, and refuses in upstream's words", () => {
  const SUPPORTED = ["v4.channel.k8s.io", "channel.k8s.io"];
  const accept = (headers: Record<string, string>) => {
    const answer = acceptSpdy({ headers }, SUPPORTED);
    if (!("refusal" in answer)) return answer.protocol;
    return `${answer.refusal.status} ${decodeUtf8(answer.refusal.body as Uint8Array)}`;
  };
  const UPGRADE = { connection: "Upgrade", upgrade: "SPDY/3.1" };
  const VERSION = "x-stream-protocol-version";
  expect(accept({ ...UPGRADE, [VERSION]: "v9.channel.k8s.io, channel.k8s.io,v4.channel.k8s.io" })).toBe("channel.k8s.io");
  expect(accept(UPGRADE)).toBe(
    "400 unable to upgrade: header X-Stream-Protocol-Version does not exist in request with 2 headers\n",
  );
  expect(accept({ ...UPGRADE, [VERSION]: "" })).toContain("400 unable to upgrade: header X-Stream-Protocol-Version contains");
  expect(accept({ ...UPGRADE, [VERSION]: "x, y" })).toBe(
    "403 unable to upgrade: unable to negotiate protocol: client supports [x y], server accepts [v4.channel.k8s.io channel.k8s.io]\n",
  );
  expect(accept({ [VERSION]: "channel.k8s.io" })).toContain("400 unable to upgrade: missing upgrade headers in request");
});

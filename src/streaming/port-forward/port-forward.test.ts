import { expect, test } from "vitest";
import { concatBytes, decodeUtf8, EMPTY, encodeUtf8 } from "../../base/bytes.ts";
import { realClock } from "../../base/clock.ts";
import { seededEntropy } from "../../base/entropy.ts";
import type { HttpRequest, HttpResponse, UpgradedConnection } from "../../base/http.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { type ByteSource, ended } from "../byte-stream.ts";
import { Pipe } from "../pipe.ts";
import { type SpdyStream, spdySession } from "../spdy/session.ts";
import { connectionPair } from "../testing/connection-pair.ts";
import { bytesOf } from "../websocket/byte-connection.ts";
import { dialWebSocket } from "../websocket/handshake.ts";
import { openPortForward, PORT_FORWARD_HEADERS } from "./client.ts";
import { acceptPortForward } from "./server.ts";
import type { PortForwardSession } from "./session.ts";

const requestOf = (headers: Record<string, string>): HttpRequest => ({
  method: "GET",
  path: "/",
  query: "",
  headers,
  body: () => Promise.resolve(EMPTY),
  remoteAddress: "",
  signal: new AbortController().signal,
});

/** Port 80 answers with what it was sent, 81 breaks off after a word, any other refuses. */
function echoing(): PortForwardSession & { aborted: boolean } {
  const session = {
    aborted: false,
    async connect(port: number) {
      if (port !== 80 && port !== 81) throw new Error(`error forwarding port ${port}: connection refused`);
      const stream = new Pipe();
      if (port === 80) return { stream, failure: ended(stream).then(() => undefined) };
      stream.write(encodeUtf8("first words"));
      stream.end();
      return { stream, failure: Promise.resolve("broken pipe") };
    },
    abort() {
      session.aborted = true;
    },
    onClose: () => {},
  };
  return session;
}

interface Serving {
  session?: PortForwardSession;
  ports?: readonly number[];
  clock?: typeof realClock;
}

function serve(headers: Record<string, string>, { session = echoing(), ports = [], clock = realClock }: Serving = {}) {
  const [near, far] = connectionPair();
  const answer = acceptPortForward(requestOf(headers), { clock, ports, open: async () => session });
  answer.upgrade?.(far);
  return { answer, near };
}

/** The client's end of a WebSocket. */
function webSocket(protocol: string, serving: Serving = {}) {
  const dial = dialWebSocket({ protocols: [protocol], clock: realClock, entropy: seededEntropy(1) });
  const { answer, near }: { answer: HttpResponse; near: UpgradedConnection } = serve({ ...dial.headers }, serving);
  return dial.open(answer, near);
}

const all = (source: ByteSource): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    source.onData((bytes) => {
      text += decodeUtf8(bytes);
    });
    source.onEnd(() => resolve(text));
  });

const CONNECTIONS: Readonly<Record<string, () => UpgradedConnection>> = {
  SPDY: () => serve({ ...PORT_FORWARD_HEADERS }).near,
  "SPDY in a WebSocket": () => bytesOf(webSocket("SPDY/3.1+portforward.k8s.io")),
};

test.each(Object.entries(CONNECTIONS))(
  "over %s many connections go to ports side by side, each way ending by itself",
  async (_, connect) => {
    const session = openPortForward(connect());
    await Promise.all(
      Array.from({ length: 20 }, async (_each, index) => {
        const { stream, failure } = await session.connect(80);
        const heard = all(stream);
        stream.write(encodeUtf8(`hello ${index}`));
        stream.end();
        expect(await heard).toBe(`hello ${index}`);
        expect(await failure).toBeUndefined();
      }),
    );
  },
);

test.each(Object.entries(CONNECTIONS))(
  "over %s a port that refuses, and one that breaks, say why on the stream of errors",
  async (_, connect) => {
    const session = openPortForward(connect());
    const refused = await session.connect(9);
    expect(await all(refused.stream)).toBe("");
    expect(await refused.failure).toBe("error forwarding port 9: connection refused");
    const broken = await session.connect(81);
    expect(await all(broken.stream)).toBe("first words");
    expect(await broken.failure).toBe("broken pipe");
  },
);

test("over WebSocket channels each port has two, which begin with its number", async () => {
  const socket = webSocket("v4.channel.k8s.io", { ports: [80, 9] });
  const heard: Uint8Array[][] = [[], [], [], []];
  let parts: Uint8Array[] = [];
  const closed = new Promise((resolve) => socket.onClose(resolve));
  socket.onMessage(({ bytes, isLast }) => {
    parts.push(bytes);
    if (!isLast) return;
    const message = concatBytes(parts);
    parts = [];
    heard[message[0] ?? 0]?.push(message.subarray(1));
  });
  socket.send([Uint8Array.of(0), encodeUtf8("ping")]);
  while ((heard[0]?.length ?? 0) < 2 || (heard[3]?.length ?? 0) < 2) await realClock.pause();
  expect(heard.map(([first]) => [...(first ?? [])])).toEqual([
    [80, 0],
    [80, 0],
    [9, 0],
    [9, 0],
  ]);
  expect(decodeUtf8(heard[0]?.[1] ?? EMPTY)).toBe("ping");
  expect(decodeUtf8(heard[3]?.[1] ?? EMPTY)).toBe("error forwarding port 9: connection refused");
  socket.close();
  await closed;
});

test("streams without a port or a type are refused; a pair that stays alone is told so", async () => {
  const clock = virtualClock();
  const session = spdySession(serve({ ...PORT_FORWARD_HEADERS }, { clock }).near, "client");
  await expect(session.open({ streamtype: "data" })).rejects.toThrow("reset");
  await expect(session.open({ streamtype: "data", port: "0" })).rejects.toThrow("reset");
  await expect(session.open({ streamtype: "data", port: "70000" })).rejects.toThrow("reset");
  await expect(session.open({ streamtype: "other", port: "80" })).rejects.toThrow("reset");
  const alone: SpdyStream = await session.open({ streamtype: "error", port: "80", requestid: "7" });
  const heard = all(alone);
  await clock.advance(30_000);
  expect(await heard).toBe("(request=7) timed out waiting for streams");
});

test("clients that number no requests are understood by the numbers of their streams", async () => {
  const session = spdySession(serve({ ...PORT_FORWARD_HEADERS }).near, "client");
  await session.open({ streamtype: "error", port: "80" });
  const data = await session.open({ streamtype: "data", port: "80" });
  const heard = all(data);
  data.write(encodeUtf8("old"));
  data.end();
  expect(await heard).toBe("old");
});

test("a client that goes away ends all its connections; one of an unknown protocol is refused", async () => {
  const target = echoing();
  const session = openPortForward(serve({ ...PORT_FORWARD_HEADERS }, { session: target }).near);
  await session.connect(80);
  session.abort();
  while (!target.aborted) await realClock.pause();
  expect(serve({ ...PORT_FORWARD_HEADERS, "x-stream-protocol-version": "v9" }).answer.status).toBe(403);
});

import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect as connectTls } from "node:tls";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../base/bytes.ts";
import { realClock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import type { HttpHandler, HttpRequest, HttpResponse, Sink, UpgradedConnection } from "../base/http.ts";
import { makeIdentity } from "../pki/certificate.ts";
import { wireClient } from "./client.ts";
import { serve, type WireServer } from "./server.ts";

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000, entropy: systemEntropy };
const ca = makeIdentity({ commonName: "ca", usage: { type: "authority" }, ...validity });
const otherCa = makeIdentity({ commonName: "other", usage: { type: "authority" }, ...validity });
const server = makeIdentity({
  commonName: "s",
  usage: { type: "server", hosts: ["127.0.0.1", "localhost"] },
  issuer: ca,
  ...validity,
});
const clientOf = (issuer: typeof ca) =>
  makeIdentity({ commonName: "jane", organizations: ["dev"], usage: { type: "client" }, issuer, ...validity });

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(handler: HttpHandler): Promise<WireServer> {
  const tls = { certificate: server.certificate, key: server.key, clientCa: ca.certificate };
  const running = await serve({ handler, tls, address: "127.0.0.1", port: 0, clock: realClock });
  ends.push(() => running.close(100));
  return running;
}

function clientFor(running: WireServer, more: object = {}) {
  const client = wireClient({ server: `https://127.0.0.1:${running.port}`, ca: ca.certificate, ...more });
  ends.push(() => client.close());
  return client.handle;
}

function http2(running: WireServer) {
  const session = connectHttp2(`https://127.0.0.1:${running.port}`, { ca: ca.certificate });
  ends.push(() => session.destroy());
  return session;
}

const NEVER = new AbortController().signal;
const ask = (path: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  path,
  query: "",
  headers: {},
  body: () => Promise.resolve(new Uint8Array(0)),
  remoteAddress: "",
  signal: NEVER,
  ...more,
});

/** The body of an answer that came over the wire. */
function bodyOf(response: HttpResponse): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!("stream" in response.body)) return resolve(decodeUtf8(response.body as Uint8Array));
    let text = "";
    response.body.stream({
      closed: false,
      write(bytes) {
        text += decodeUtf8(bytes);
        return true;
      },
      drained: () => Promise.resolve(),
      end: () => resolve(text),
      abort: () => reject(new Error("aborted")),
    });
  });
}

const text = (body: string, status = 200): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain" },
  body: encodeUtf8(body),
});
const echo: HttpHandler = async (request) =>
  text(`${request.method} ${request.path}?${request.query} ${decodeUtf8(await request.body(1024))}`);

test("answers over HTTP/1.1 with path, query and body", async () => {
  const handle = clientFor(await start(echo));
  const answer = await handle(ask("/a%20b", { method: "POST", query: "x=1", body: async () => encodeUtf8("hello") }));
  expect(answer.status).toBe(200);
  expect(answer.headers["content-type"]).toBe("text/plain");
  expect(await bodyOf(answer)).toBe("POST /a%20b?x=1 hello");
});

test("answers over HTTP/2, with parts of a body in order", async () => {
  const session = http2(await start(async () => ({ status: 200, headers: {}, body: [encodeUtf8("one "), encodeUtf8("two")] })));
  const stream = session.request({ ":path": "/x", "x-thing": "1" });
  let got = "";
  for await (const part of stream) got += part;
  expect(got).toBe("one two");
});

test("refuses a body beyond the limit with 413 and goes on serving", async () => {
  const handle = clientFor(await start(echo));
  const answer = await handle(ask("/", { method: "POST", body: async () => new Uint8Array(5000) }));
  expect(answer.status).toBe(413);
  expect(JSON.parse(await bodyOf(answer))).toMatchObject({
    reason: "RequestEntityTooLarge",
    message: "Request entity too large: limit is 1024",
  });
  expect((await handle(ask("/"))).status).toBe(200);
});

test("hands over a certificate that the client CA signed, and says why it does not take another", async () => {
  const running = await start(async (request) =>
    text(
      JSON.stringify({ certificate: request.peerCertificate !== undefined, error: request.peerCertificateError !== undefined }),
    ),
  );
  const seen = async (more: object) => JSON.parse(await bodyOf(await clientFor(running, more)(ask("/"))));
  expect(await seen({})).toEqual({ certificate: false, error: false });
  expect(await seen(clientOf(ca))).toEqual({ certificate: true, error: false });
  expect(await seen(clientOf(otherCa))).toEqual({ certificate: false, error: true });
});

test("compresses large answers for clients that take it, and no small ones", async () => {
  const large = new Uint8Array(200_000).fill(97);
  const running = await start(async (request) => ({
    status: 200,
    headers: {},
    body: request.path === "/large" ? large : encodeUtf8("a"),
  }));
  const get = (path: string): Promise<{ encoding: string | undefined; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: running.port,
        path,
        ca: ca.certificate,
        headers: { "accept-encoding": "gzip" },
        agent: false,
      };
      httpsRequest(options as object, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => resolve({ encoding: answer.headers["content-encoding"], body: Buffer.concat(parts) }));
      })
        .on("error", reject)
        .end();
    });
  const zipped = await get("/large");
  expect(zipped.encoding).toBe("gzip");
  expect(gunzipSync(zipped.body).equals(large)).toBe(true);
  expect((await get("/small")).encoding).toBeUndefined();
});

test("tells the handler when the client of a stream is gone", async () => {
  const gone = Promise.withResolvers<void>();
  const running = await start(async (request) => {
    request.signal.addEventListener("abort", () => gone.resolve());
    return { status: 200, headers: {}, body: { stream: (sink: Sink) => void sink.write(encodeUtf8("event\n")) } };
  });
  const abort = new AbortController();
  const answer = await clientFor(running)(ask("/", { signal: abort.signal }));
  const ended = bodyOf(answer);
  abort.abort();
  await expect(ended).rejects.toThrow("aborted");
  await gone.promise;
});

test("asks a writer to wait while the client does not read", async () => {
  const refused = Promise.withResolvers<Sink>();
  const running = await start(async () => ({
    status: 200,
    headers: {},
    body: {
      stream(sink: Sink) {
        const chunk = new Uint8Array(1 << 20);
        let left = 64;
        while (left > 0 && sink.write(chunk)) left--;
        expect(left).toBeGreaterThan(0);
        refused.resolve(sink);
      },
    },
  }));
  const session = http2(running);
  const stream = session.request({ ":path": "/" });
  const sink = await refused.promise;
  stream.resume();
  await sink.drained();
  sink.end();
  await new Promise((resolve) => stream.once("end", resolve));
});

test("ends open streams cleanly when it closes", async () => {
  const running = await start(async () => ({
    status: 200,
    headers: {},
    body: { stream: (sink: Sink) => void sink.write(encodeUtf8("event\n")) },
  }));
  const first = await clientFor(running)(ask("/"));
  const body = bodyOf(first);
  const stream = http2(running).request({ ":path": "/" });
  await new Promise((resolve) => stream.once("data", resolve));
  const second = new Promise((resolve) => stream.once("end", resolve));
  await running.close();
  expect(await body).toBe("event\n");
  await second;
});

test("gives a connection away after 101, with bytes both ways, through the client too", async () => {
  const running = await start(async () => ({
    status: 101,
    headers: { connection: "Upgrade", upgrade: "test" },
    body: new Uint8Array(0),
    upgrade: (connection: UpgradedConnection) =>
      connection.onData((bytes) => connection.write(encodeUtf8(decodeUtf8(bytes).toUpperCase()))),
  }));
  const behind = clientFor(running);
  const proxy = await start((request) => behind({ ...ask(request.path), headers: request.headers }));
  const socket = connectTls({ host: "127.0.0.1", port: proxy.port, ca: ca.certificate });
  ends.push(() => socket.destroy());
  socket.write("GET /exec HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: test\r\n\r\nearly ");
  let got = "";
  const done = Promise.withResolvers<void>();
  socket.on("data", (part: Buffer) => {
    got += part;
    if (got.includes("EARLY") && !got.includes("LATE")) socket.write("late");
    if (got.includes("LATE")) done.resolve();
  });
  await done.promise;
  expect(got).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
});

test("answers an upgrade that is refused", async () => {
  const handle = clientFor(await start(async () => text("no", 403)));
  const answer = await handle(ask("/", { headers: { connection: "Upgrade", upgrade: "websocket" } }));
  expect(answer.status).toBe(403);
  expect(await bodyOf(answer)).toBe("no");
});

test("sends 100 Continue only when the body is wanted", async () => {
  const running = await start(async (request) => (request.path === "/read" ? echo(request) : text("denied", 401)));
  const lines = (path: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port: running.port, ca: ca.certificate });
      ends.push(() => socket.destroy());
      socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n`);
      socket.once("data", (part: Buffer) => resolve(part.toString().split("\r\n")[0] ?? ""));
    });
  expect(await lines("/read")).toBe("HTTP/1.1 100 Continue");
  expect(await lines("/other")).toBe("HTTP/1.1 401 Unauthorized");
});

test("says which server could not be reached", async () => {
  const running = await start(echo);
  await running.close(0);
  await expect(clientFor(running)(ask("/"))).rejects.toThrow(`cannot reach https://127.0.0.1:${running.port}`);
});

test("gives a stream of HTTP/2 away to a client that wants to speak another protocol on it", async () => {
  const seen: HttpRequest[] = [];
  const running = await start(async (request) => {
    seen.push(request);
    if (request.path === "/no") return text("no", 403);
    return {
      status: 101,
      headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-accept": "x", "sec-websocket-protocol": "p" },
      body: new Uint8Array(0),
      upgrade: (connection: UpgradedConnection) =>
        connection.onData((bytes) => connection.write(encodeUtf8(decodeUtf8(bytes).toUpperCase()))),
    };
  });
  const session = http2(running);
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  const connect = (path: string) => session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": path });
  const headOf = (stream: ReturnType<typeof connect>) =>
    new Promise<Record<string, unknown>>((resolve) => stream.once("response", (headers) => resolve({ ...headers })));
  const stream = connect("/exec?x=1");
  const head = await headOf(stream);
  expect([head[":status"], head["sec-websocket-protocol"], head["sec-websocket-accept"]]).toEqual([200, "p", undefined]);
  expect(seen[0]).toMatchObject({ method: "GET", path: "/exec", query: "x=1", headers: { upgrade: "websocket" } });
  const heard = new Promise<string>((resolve) => stream.once("data", (part: Buffer) => resolve(part.toString())));
  stream.write("hello");
  expect(await heard).toBe("HELLO");
  stream.end();
  await new Promise((resolve) => stream.resume().once("close", resolve));
  expect((await headOf(connect("/no")))[":status"]).toBe(403);
});

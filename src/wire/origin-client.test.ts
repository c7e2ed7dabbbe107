import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { request as httpsRequest } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { realClock } from "../base/clock.ts";
import { systemEntropy } from "../base/entropy.ts";
import type { HttpHandler, HttpRequest, Origin } from "../base/http.ts";
import { makeIdentity } from "../pki/certificate.ts";
import { type OriginClient, originClient } from "./origin-client.ts";
import { serve, type WireServer } from "./server.ts";

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000, entropy: systemEntropy };
const identity = makeIdentity({ commonName: "s", usage: { type: "server", hosts: ["127.0.0.1"] }, ...validity });

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function client(): OriginClient {
  const made = originClient();
  ends.push(() => made.close());
  return made;
}

/** A plain HTTP server behind, and the requests it has seen. */
async function behind(
  answer: (message: IncomingMessage, to: ServerResponse) => void,
): Promise<{ server: Server; origin: Origin }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, origin: { scheme: "http", host: "127.0.0.1", port: (server.address() as AddressInfo).port } };
}

async function front(handler: HttpHandler): Promise<WireServer> {
  const tls = { certificate: identity.certificate, key: identity.key };
  const running = await serve({ handler, tls, address: "127.0.0.1", port: 0, clock: realClock });
  ends.push(() => running.close(100));
  return running;
}

const ask = (path: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  path,
  query: "",
  headers: {},
  body: () => Promise.resolve(new Uint8Array(0)),
  remoteAddress: "",
  signal: new AbortController().signal,
  ...more,
});

/** Bytes and answer of a request to `running` whose body is `chunks` pieces of 64 KB, sent as fast as they are taken. */
function upload(running: WireServer, version: 1 | 2, chunks: number): Promise<{ status: number; received: number }> {
  const piece = Buffer.alloc(65_536, 7);
  return new Promise((resolve, reject) => {
    const send = (stream: NodeJS.WritableStream): void => {
      let left = chunks;
      const more = (): void => {
        while (left-- > 0) if (!stream.write(piece)) return void stream.once("drain", more);
        stream.end();
      };
      more();
    };
    const count = (status: number, stream: NodeJS.ReadableStream): void => {
      let received = 0;
      stream.on("data", (part: Buffer) => (received += part.length));
      stream.on("end", () => resolve({ status, received }));
    };
    if (version === 1) {
      const options = { host: "127.0.0.1", port: running.port, method: "POST", path: "/", rejectUnauthorized: false };
      const outgoing = httpsRequest(options, (answer) => count(answer.statusCode ?? 0, answer));
      outgoing.on("error", reject);
      send(outgoing);
      return;
    }
    const session = connectHttp2(`https://127.0.0.1:${running.port}`, { rejectUnauthorized: false });
    ends.push(() => session.destroy());
    const stream = session.request({ ":method": "POST", ":path": "/" });
    stream.on("error", reject);
    stream.on("response", (headers) => count(headers[":status"] ?? 0, stream));
    send(stream);
  });
}

test.each([1, 2] as const)("passes a body on while it comes, and its answer back, over HTTP/%d", async (version) => {
  const { origin } = await behind((message, to) => message.pipe(to));
  const running = await front((request) => client().dial(origin)(request));
  expect(await upload(running, version, 256)).toEqual({ status: 200, received: 256 * 65_536 });
});

test.each([1, 2] as const)("takes no more of a body than the server behind reads, over HTTP/%d", async (version) => {
  let taken = 0;
  const stalled = Promise.withResolvers<IncomingMessage>();
  const { origin } = await behind((message, to) => {
    stalled.resolve(message.pause());
    message.on("end", () => to.end("done"));
  });
  const running = await front((request) => {
    const { bodyTo } = request;
    const counted = bodyTo && { bodyTo: (sink: Parameters<typeof bodyTo>[0]) => bodyTo(counting(sink)) };
    return client().dial(origin)({ ...ask("/", { method: "POST" }), ...counted });
  });
  const counting = (sink: Parameters<NonNullable<HttpRequest["bodyTo"]>>[0]) => ({
    ...sink,
    get closed() {
      return sink.closed;
    },
    write(bytes: Uint8Array) {
      taken += bytes.length;
      const more = sink.write(bytes);
      if (!more) full.resolve();
      return more;
    },
  });
  const full = Promise.withResolvers<void>();
  const total = 1024 * 65_536;
  const sent = upload(running, version, 1024);
  const message = await stalled.promise;
  await full.promise;
  expect(taken).toBeLessThan(total / 4);
  message.resume();
  expect((await sent).status).toBe(200);
  expect(taken).toBe(total);
});

test("hands on an answer that comes before the body's end, and stays usable", async () => {
  const { origin } = await behind((message, to) => {
    to.writeHead(413).end("too much");
    message.resume();
  });
  const running = await front((request) => client().dial(origin)(request));
  expect(await upload(running, 2, 64)).toMatchObject({ status: 413 });
  expect(await upload(running, 1, 1)).toMatchObject({ status: 413 });
});

test("keeps cookies apart", async () => {
  const { origin } = await behind((_, to) => to.writeHead(200, { "set-cookie": ["a=1; Expires=Mon, 01 Jan", "b=2"] }).end());
  const answer = await client().dial(origin)(ask("/"));
  expect(answer.cookies).toEqual(["a=1; Expires=Mon, 01 Jan", "b=2"]);
  expect(answer.headers["set-cookie"]).toBeUndefined();
});

test("tells a length that is known and sends other bodies in chunks", async () => {
  const { origin } = await behind(({ method, headers }, to) =>
    to.end(`${method} ${headers["content-length"]} ${headers["transfer-encoding"]} ${headers.expect}`),
  );
  const said = async (request: Partial<HttpRequest>): Promise<string> => {
    const { body } = await client().dial(origin)(ask("/", request));
    return new Promise((resolve) => {
      let text = "";
      if ("stream" in body)
        body.stream({
          write(bytes) {
            text += Buffer.from(bytes).toString();
            return true;
          },
          drained: () => Promise.resolve(),
          end: () => resolve(text),
          abort: () => resolve("aborted"),
          closed: false,
        });
    });
  };
  const bodyTo: HttpRequest["bodyTo"] = (sink) => sink.end();
  expect(await said({ headers: { "content-length": "5", expect: "100-continue" } })).toBe("GET undefined undefined undefined");
  expect(await said({ method: "DELETE" })).toBe("DELETE 0 undefined undefined");
  expect(await said({ method: "POST", body: async () => new Uint8Array(3) })).toBe("POST 3 undefined undefined");
  expect(await said({ method: "POST", bodyTo })).toBe("POST undefined chunked undefined");
  expect(await said({ method: "POST", bodyTo, headers: { "content-length": "0" } })).toBe("POST 0 undefined undefined");
});

test("asks again where a kept connection was closed meanwhile", async () => {
  let count = 0;
  const { server, origin } = await behind((_, to) => to.end(String(++count)));
  const handle = client().dial(origin);
  const one = await handle(ask("/"));
  await new Promise<void>((resolve) => "stream" in one.body && one.body.stream({ ...DROP, end: resolve }));
  // The client has not heard of it when it asks.
  server.closeAllConnections();
  expect((await handle(ask("/"))).status).toBe(200);
  expect(count).toBe(2);
});

const DROP = { write: () => true, drained: () => Promise.resolve(), abort() {}, closed: false };

test("says in Go's words why nothing was reached", async () => {
  const { server, origin } = await behind((_, to) => to.end());
  const { dial } = client();
  await expect(dial({ ...origin, scheme: "https" })(ask("/"))).rejects.toThrow("http: server gave HTTP response to HTTPS client");
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect(dial(origin)(ask("/"))).rejects.toThrow(`dial tcp 127.0.0.1:${origin.port}: connect: connection refused`);
  const rude = createTcpServer((socket) => socket.once("data", () => socket.end("what?\r\n\r\n")));
  await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
  ends.push(() => rude.close());
  const { port } = rude.address() as AddressInfo;
  await expect(dial({ ...origin, port })(ask("/"))).rejects.toThrow("malformed HTTP response");
});

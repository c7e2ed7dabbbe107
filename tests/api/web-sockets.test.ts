/** Watches and logs as WebSockets, without sockets beneath. */
import { describe, expect, test } from "vitest";
import { decodeWatchFrame } from "../../src/api/protobuf/index.ts";
import { type TestServer, testServer } from "../../src/apiserver/testing/in-process.ts";
import { concatBytes, decodeBase64, decodeUtf8, EMPTY, encodeUtf8 } from "../../src/base/bytes.ts";
import { realClock } from "../../src/base/clock.ts";
import { systemEntropy } from "../../src/base/entropy.ts";
import type { Headers, HttpHandler, HttpResponse, Sink } from "../../src/base/http.ts";
import { virtualClock } from "../../src/base/virtual-clock.ts";
import { connectionPair } from "../../src/streaming/testing/connection-pair.ts";
import type { WebSocketConnection } from "../../src/streaming/websocket/connection.ts";
import { dialWebSocket } from "../../src/streaming/websocket/handshake.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";

interface Message {
  text: boolean;
  bytes: Uint8Array;
}

async function ask(api: TestServer, path: string, headers: Headers): Promise<HttpResponse> {
  const [pathname = "", query = ""] = path.split("?");
  return api.server.handle({
    method: "GET",
    path: pathname,
    query,
    headers,
    body: async () => EMPTY,
    remoteAddress: "",
    signal: new AbortController().signal,
  });
}

/** Whole messages, as they come, and how it ended. */
async function open(
  api: TestServer,
  path: string,
  { protocols = [], headers = {} }: { protocols?: string[]; headers?: Headers } = {},
) {
  const dial = dialWebSocket({ protocols, clock: realClock, entropy: systemEntropy });
  const response = await ask(api, path, { origin: "http://page", ...dial.headers, ...headers });
  const [here, there] = connectionPair();
  const socket: WebSocketConnection = dial.open(response, here);
  const messages: Message[] = [];
  let parts: Uint8Array[] = [];
  let wake = (): void => {};
  socket.onMessage(({ bytes, isText, isLast }) => {
    parts.push(bytes.slice());
    if (!isLast) return;
    messages.push({ text: isText, bytes: concatBytes(parts) });
    parts = [];
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.onClose(({ code }) => resolve(code)));
  response.upgrade?.(there);
  return {
    socket,
    messages,
    closed,
    /** Resolves when that many have come. */
    async count(wanted: number): Promise<Message[]> {
      while (messages.length < wanted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return messages;
    },
  };
}

const named = (name: string) => ({ metadata: { name } });

describe("a watch over a WebSocket", () => {
  test("has one text message of JSON for each event", async () => {
    const api = await testServer();
    await api.request("POST", CONFIG_MAPS, named("a"));
    await api.request("POST", CONFIG_MAPS, named("b"));
    const watch = await open(api, `${CONFIG_MAPS}?watch=true`);
    await watch.count(2);
    await api.request("DELETE", `${CONFIG_MAPS}/a`);
    const events = (await watch.count(3)).map(({ text, bytes }) => {
      expect(text).toBe(true);
      const { type, object } = JSON.parse(decodeUtf8(bytes));
      return `${type} ${object.metadata.name}`;
    });
    expect(events).toEqual(["ADDED a", "ADDED b", "DELETED a"]);
    watch.socket.close();
    expect(await watch.closed).toBe(1000);
  });

  test("has binary messages where events are protobuf", async () => {
    const api = await testServer();
    await api.request("POST", CONFIG_MAPS, named("a"));
    const accept = "application/vnd.kubernetes.protobuf;stream=watch,application/vnd.kubernetes.protobuf";
    const watch = await open(api, `${CONFIG_MAPS}?watch=true`, { headers: { accept } });
    const [message] = await watch.count(1);
    expect(message?.text).toBe(false);
    expect(decodeWatchFrame(message?.bytes ?? EMPTY).type).toBe("ADDED");
  });

  test("closes when its time is over, and when the server ends", async () => {
    const clock = virtualClock();
    const api = await testServer({ clock });
    const timed = await open(api, `${CONFIG_MAPS}?watch=true&timeoutSeconds=5`);
    const other = await open(api, `${CONFIG_MAPS}?watch=true`);
    await clock.advance(5_000);
    expect(await timed.closed).toBe(1000);
    await api.server.close();
    expect(await other.closed).toBe(1000);
  });

  test("speaks the one protocol that a client names, none of several, and only to who says whence it comes", async () => {
    const api = await testServer();
    const one = await open(api, `${CONFIG_MAPS}?watch=true`, { protocols: ["binary.k8s.io"] });
    expect(one.socket.protocol).toBe("binary.k8s.io");
    const { headers } = dialWebSocket({ protocols: ["a", "b"], clock: realClock, entropy: systemEntropy });
    expect((await ask(api, `${CONFIG_MAPS}?watch=true`, { ...headers, origin: "http://page" })).status).toBe(400);
    expect((await ask(api, `${CONFIG_MAPS}?watch=true`, headers)).status).toBe(403);
  });
});

describe("a log", () => {
  const LOG = "/api/v1/namespaces/default/pods/p/log";

  async function serverWith(kubelet: HttpHandler, spec: object = { nodeName: "node-1" }): Promise<TestServer> {
    const api = await testServer({ dialNode: () => kubelet });
    const containers = [{ name: "c", image: "i" }];
    await api.request("POST", "/api/v1/nodes", named("node-1"));
    await api.request("POST", "/api/v1/namespaces/default/pods", { ...named("p"), spec: { containers, ...spec } });
    return api;
  }
  const saying = (...lines: string[]): HttpHandler => {
    const stream = (sink: Sink): void => {
      for (const line of lines) sink.write(encodeUtf8(line));
      sink.end();
    };
    return async () => ({ status: 200, headers: { "content-type": "text/plain" }, body: { stream } });
  };

  test.each([
    [[], false],
    [["binary.k8s.io"], false],
    [["other", "base64.binary.k8s.io"], true],
  ] as const)("over a WebSocket that offers %j begins with an empty message and closes in the end", async (protocols, isText) => {
    const api = await serverWith(saying("one\n", "two\n"));
    const log = await open(api, `${LOG}?follow=true`, { protocols: [...protocols], headers: { origin: "" } });
    expect(await log.closed).toBe(1000);
    const texts = log.messages.map(({ bytes }) => decodeUtf8(isText ? decodeBase64(decodeUtf8(bytes)) : bytes));
    expect(texts).toEqual(["", "one\n", "two\n"]);
    expect(log.messages.map(({ text }) => text)).toEqual([isText, isText, isText]);
  });

  test("passes the kubelet what it understands, and nothing else", async () => {
    const asked: string[] = [];
    const api = await serverWith(async ({ path, query, headers }) => {
      asked.push(`${path}?${query} ${Object.keys(headers)}`);
      return { status: 200, headers: { "x-of-the-kubelet": "1", "content-type": "text/html" }, body: encodeUtf8("x") };
    });
    const answer = await ask(
      api,
      `${LOG}?follow=1&previous=false&sinceTime=2024-01-02T03:04:05.6%2B01:00&limitBytes=7&tailLines=0&pretty=true`,
      { authorization: "Bearer secret" },
    );
    expect(asked).toEqual([
      "/containerLogs/default/p/c?follow=true&limitBytes=7&tailLines=0&sinceTime=2024-01-02T02%3A04%3A05Z&stream=All ",
    ]);
    expect(answer.headers).toMatchObject({ "content-type": "text/plain" });
    expect(answer.headers["x-of-the-kubelet"]).toBeUndefined();
  });

  test.each([
    ["tailLines=-1", 422, 'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'],
    ["limitBytes=0", 422, 'PodLogOptions "p" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
    ["sinceSeconds=0", 422, 'PodLogOptions "p" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0'],
    ["tailLines=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ["container=d", 400, "container d is not valid for pod p"],
  ])("refuses %s", async (query, code, message) => {
    const api = await serverWith(saying("x"));
    const { status, json } = await api.request("GET", `${LOG}?${query}`);
    expect([status, json.message]).toEqual([code, message]);
  });

  test("says what the kubelet says, and why it is not reached", async () => {
    const answering =
      (status: number, text: string): HttpHandler =>
      async () => ({ status, headers: {}, body: encodeUtf8(text) });
    const said = async (kubelet: HttpHandler) => {
      const { json } = await (await serverWith(kubelet)).request("GET", LOG);
      return `${json.code} ${json.reason} ${json.message}`;
    };
    expect(await said(answering(400, "waiting"))).toBe("400 BadRequest waiting");
    expect(await said(answering(500, "broken"))).toBe("500 InternalError Internal error occurred: broken");
    expect(await said(answering(404, "?"))).toBe("404 NotFound the server could not find the requested resource ( pods/log p)");
    expect(await said(() => Promise.reject(new Error("dial tcp 10.0.0.1:10250: i/o timeout")))).toMatch(
      /^500 undefined Get "https:\/\/.*\/containerLogs\/default\/p\/c\?stream=All": dial tcp 10\.0\.0\.1:10250: i\/o timeout$/,
    );
  });

  test("of a Pod without a node is empty", async () => {
    const api = await serverWith(saying("x"), {});
    expect((await ask(api, LOG, {})).status).toBe(204);
  });
});

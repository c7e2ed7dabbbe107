/**
 * The API server in process, over a memory store and without sockets: what its own code costs, by verb. `npm run bench -- api`
 * measures the whole, with TLS and durable writes.
 *
 *     scripts/node bench/apiserver.ts [--pods 5000]
 */
import { parseArgs } from "node:util";
import { builtInResources } from "../src/api/resources.ts";
import { createApiServer } from "../src/apiserver/server.ts";
import { decodeUtf8, encodeUtf8 } from "../src/base/bytes.ts";
import { realClock } from "../src/base/clock.ts";
import { systemEntropy } from "../src/base/entropy.ts";
import type { HttpResponse, Sink } from "../src/base/http.ts";
import { silentLogger } from "../src/base/logger.ts";
import { createMemoryStore } from "../src/store/memory/memory-store.ts";

const { values } = parseArgs({ options: { pods: { type: "string", default: "5000" } } });
const PODS = Number(values.pods);
const CONCURRENCY = 32;

const server = createApiServer({
  store: createMemoryStore({ clock: realClock }),
  clock: realClock,
  entropy: systemEntropy,
  logger: silentLogger,
  rows: builtInResources,
  authenticators: [() => ({ user: { name: "bench", groups: ["system:masters"] } })],
  authorizers: [() => ({ allowed: true, denied: false, reason: "" })],
  admission: [],
});

function podJson(name: string, index: number): object {
  const env = Array.from({ length: 3 }, (_, each) => ({ name: `VARIABLE_${each}`, value: `value-${each}-${"x".repeat(20)}` }));
  const container = (each: string) => ({
    name: each,
    image: `registry.example.com/team/${each}:1.2.3`,
    env,
    ports: [{ containerPort: 8080 }],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: `app-${index % 100}`, tier: "web" }, annotations: { note: "y".repeat(60) } },
    spec: { containers: [container("main"), container("side")], serviceAccountName: "default" },
  };
}

function send(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<HttpResponse> {
  const [pathname = "", query = ""] = path.split("?");
  const bytes = body ? encodeUtf8(JSON.stringify(body)) : new Uint8Array(0);
  return server.handle({
    method,
    path: pathname,
    query,
    headers: { "user-agent": "bench", ...headers },
    body: () => Promise.resolve(bytes),
    remoteAddress: "",
    signal: new AbortController().signal,
  });
}

async function expectStatus(status: number, response: Promise<HttpResponse>): Promise<HttpResponse> {
  const answer = await response;
  if (answer.status === status) return answer;
  throw new Error(`${answer.status}: ${answer.body instanceof Uint8Array ? decodeUtf8(answer.body) : ""}`);
}

async function rate(what: string, count: number, one: (index: number) => Promise<unknown>): Promise<void> {
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const ms = performance.now() - started;
  console.log(`${what.padEnd(42)} ${Math.round((count / ms) * 1000).toLocaleString("en")} /s`);
}

async function time(what: string, rounds: number, one: () => Promise<HttpResponse>): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const { body } = await one();
    times.push(performance.now() - started);
    const parts = body instanceof Uint8Array ? [body] : "stream" in body ? [] : body;
    bytes = parts.reduce((total, part) => total + part.length, 0);
  }
  times.sort((a, b) => a - b);
  console.log(`${what.padEnd(42)} ${(times[times.length >> 1] ?? 0).toFixed(1)} ms (${(bytes / 1e6).toFixed(1)} MB)`);
}

async function watchers(count: number, updates: number): Promise<void> {
  let events = 0;
  const abort = new AbortController();
  for (let index = 0; index < count; index++) {
    const response = await server.handle({
      method: "GET",
      path: "/api/v1/namespaces/default/configmaps",
      query: "watch=1&resourceVersion=0",
      headers: {},
      body: () => Promise.resolve(new Uint8Array(0)),
      remoteAddress: "",
      signal: abort.signal,
    });
    if (response.body instanceof Uint8Array || !("stream" in response.body)) throw new Error("no stream");
    const sink: Sink = {
      write(bytes) {
        for (const byte of bytes) if (byte === 0x0a) events++;
        return true;
      },
      drained: () => Promise.resolve(),
      end() {},
      abort() {},
      closed: false,
    };
    response.body.stream(sink);
  }
  const started = performance.now();
  for (let index = 0; index < updates; index++)
    await expectStatus(
      201,
      send("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: `w${index}` }, data: { a: "1" } }),
    );
  const ms = performance.now() - started;
  abort.abort();
  console.log(
    `${`${count} watchers, ${updates} events each`.padEnd(42)} ${Math.round((events / ms) * 1000).toLocaleString("en")} events/s`,
  );
}

const pods = "/api/v1/namespaces/default/pods";
const STRATEGIC = { "content-type": "application/strategic-merge-patch+json" };
await server.ready();
await rate("create Pods (warming up)", 500, (index) => expectStatus(201, send("POST", pods, podJson(`warm-${index}`, index))));
await rate("create Pods", PODS, (index) => expectStatus(201, send("POST", pods, podJson(`pod-${index}`, index))));
await rate("get a Pod", PODS, (index) => expectStatus(200, send("GET", `${pods}/pod-${index}`)));
await rate("strategic-merge patch", PODS, (index) =>
  expectStatus(200, send("PATCH", `${pods}/pod-${index}`, { metadata: { labels: { patched: "yes" } } }, STRATEGIC)),
);
await time("list all Pods", 15, () => send("GET", pods));
await time("list Pods by label (1 in 100)", 15, () => send("GET", `${pods}?labelSelector=app%3Dapp-7`));
await time("Table of 500 Pods", 7, () =>
  send("GET", `${pods}?limit=500`, undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }),
);
await time("protobuf list", 3, () => send("GET", pods, undefined, { accept: "application/vnd.kubernetes.protobuf" }));
await rate("delete", PODS, (index) => expectStatus(200, send("DELETE", `${pods}/pod-${index}`)));
await watchers(100, 1000);
await server.close();

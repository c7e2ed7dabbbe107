/** An API server over a memory store, and requests to it without sockets: for tests. Everybody may do everything. */
import { builtInResources } from "../../api/resources.ts";
import { decodeUtf8, EMPTY, encodeUtf8 } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import { seededEntropy } from "../../base/entropy.ts";
import type { HttpResponse, Sink } from "../../base/http.ts";
import { silentLogger } from "../../base/logger.ts";
import { virtualClock } from "../../base/virtual-clock.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";
import type { Store } from "../../store/store.ts";
import { type ApiServer, type ApiServerOptions, createApiServer } from "../server.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every kind
export type Json = any;

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  json: Json;
}

export interface TestServer {
  server: ApiServer;
  store: Store;
  clock: Clock;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The events of a watch, as they come; `stop` ends it. */
  watch(path: string, headers?: Record<string, string>): Promise<{ events: Json[]; stop(): void; ended(): boolean }>;
}

const NAMESPACES = ["default", "other"];

function bytesOf({ body }: HttpResponse): string {
  if (body instanceof Uint8Array) return decodeUtf8(body);
  return "stream" in body ? "" : body.map((part) => decodeUtf8(part)).join("");
}

function collect(events: Json[], signal: AbortController): { sink: Sink; ended(): boolean } {
  let ended = false;
  let rest = "";
  const sink: Sink = {
    write(bytes) {
      const lines = (rest + decodeUtf8(bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) events.push(JSON.parse(line));
      return true;
    },
    drained: () => Promise.resolve(),
    end() {
      ended = true;
    },
    abort() {
      ended = true;
      signal.abort();
    },
    get closed() {
      return ended;
    },
  };
  return { sink, ended: () => ended };
}

export async function testServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const clock = options.clock ?? virtualClock();
  const store = options.store ?? createMemoryStore({ clock });
  const server = createApiServer({
    store,
    clock,
    entropy: seededEntropy(1),
    logger: silentLogger,
    rows: builtInResources,
    authenticators: [() => ({ user: { name: "tester", groups: ["system:masters"] } })],
    authorizers: [() => ({ allowed: true, denied: false, reason: "" })],
    admission: [],
    ...options,
  });
  await server.ready();

  function send(method: string, path: string, body: unknown, headers: Record<string, string>, signal: AbortSignal) {
    const [pathname = "", query = ""] = path.split("?");
    const bytes = body === undefined ? EMPTY : encodeUtf8(typeof body === "string" ? body : JSON.stringify(body));
    return server.handle({
      method,
      path: pathname,
      query,
      headers: { "user-agent": "test", ...headers },
      body: () => Promise.resolve(bytes),
      remoteAddress: "",
      signal,
    });
  }

  const made: TestServer = {
    server,
    store,
    clock,
    async request(method, path, body, headers = {}) {
      const response = await send(method, path, body, headers, new AbortController().signal);
      const text = bytesOf(response);
      const isJson = response.headers["content-type"]?.startsWith("application/json") === true && text !== "";
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
    },
    async watch(path, headers = {}) {
      const abort = new AbortController();
      const response = await send("GET", path, undefined, headers, abort.signal);
      const events: Json[] = [];
      const { sink, ended } = collect(events, abort);
      const { body } = response;
      if (body instanceof Uint8Array)
        events.push(
          ...decodeUtf8(body)
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line)),
        );
      else if ("stream" in body) body.stream(sink);
      return { events, stop: () => abort.abort(), ended };
    },
  };
  for (const name of NAMESPACES) await made.request("POST", "/api/v1/namespaces", { metadata: { name } });
  return made;
}

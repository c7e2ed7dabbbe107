/**
 * Loaded into a node agent (`node --import`): notes each call to the container runtime and each request to the API server, with the
 * moments at which it began and ended. SIGPWR writes what was noted since the last one to the file that `BENCH_TRACE_FILE`
 * names, one JSON a line, and begins anew.
 */
import diagnostics from "node:diagnostics_channel";
import { renameSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import type { RuntimeCall } from "../src/kubelet/runtime/cri/connection.ts";

export interface TracedCall {
  /** Name of the runtime's call, or method and path of a request. */
  what: string;
  /** Milliseconds since the epoch, with fractions. */
  beganMs: number;
  endedMs: number;
  /** Of calls to the runtime. */
  request?: Record<string, unknown>;
  answer?: Record<string, unknown>;
}

const file = process.env.BENCH_TRACE_FILE;
const MAX_CALLS = 50_000;
let calls: TracedCall[] = [];

const nowMs = (): number => performance.timeOrigin + performance.now();

function note(call: TracedCall): void {
  if (calls.length < MAX_CALLS) calls.push(call);
}

function followRuntimeCalls(): void {
  diagnostics.subscribe("timonier.runtime.call", (message) => {
    const { name, request, response, beganMs } = message as RuntimeCall;
    note({
      what: name,
      beganMs: performance.timeOrigin + beganMs,
      endedMs: nowMs(),
      request: request as Record<string, unknown>,
      answer: response as Record<string, unknown>,
    });
  });
}

function followRequests(): void {
  const began = new WeakMap<object, number>();
  diagnostics.subscribe("http.client.request.created", (message) => {
    began.set((message as { request: object }).request, nowMs());
  });
  diagnostics.subscribe("http.client.response.finish", (message) => {
    const { request } = message as { request: { method: string; path: string } };
    note({ what: `${request.method} ${request.path}`, beganMs: began.get(request) ?? 0, endedMs: nowMs() });
  });
}

if (file !== undefined && isMainThread && process.argv[2] === "agent") {
  followRuntimeCalls();
  followRequests();
  process.on("SIGPWR", () => {
    writeFileSync(`${file}.new`, calls.map((call) => JSON.stringify(call)).join("\n"));
    renameSync(`${file}.new`, file);
    calls = [];
  });
}

/**
 * Loaded into the processes under test (`node --import`): notes each call to the container runtime and each request to the API server
 * with the moments at which it began and ended. SIGPWR writes what was noted since the last one to the file that `BENCH_TRACE_FILE`
 * names, one JSON a line, and begins anew.
 */
import diagnostics from "node:diagnostics_channel";
import { renameSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { Client } from "@grpc/grpc-js";

export interface TracedCall {
  what: string;
  /** Milliseconds since the epoch, with fractions. */
  beganMs: number;
  endedMs: number;
  /** Name of the Pod, where the call tells it. */
  about: string;
}

const file = process.env.BENCH_TRACE_FILE;
const MAX_CALLS = 200_000;
let calls: TracedCall[] = [];

const nowMs = (): number => performance.timeOrigin + performance.now();

function note(call: TracedCall): void {
  if (calls.length < MAX_CALLS) calls.push(call);
}

type Callback = (...results: unknown[]) => void;

function followRuntimeCalls(): void {
  const { prototype } = Client as unknown as { prototype: { makeUnaryRequest: (...args: unknown[]) => unknown } };
  const original = prototype.makeUnaryRequest;
  prototype.makeUnaryRequest = function (this: unknown, ...args: unknown[]) {
    const beganMs = nowMs();
    const [path, , , request] = args as [string, unknown, unknown, Record<string, unknown>];
    const callback = args.pop() as Callback;
    const about = JSON.stringify(request.config ?? request).slice(0, 400);
    args.push((...results: unknown[]) => {
      note({ what: path.slice(path.lastIndexOf("/") + 1), beganMs, endedMs: nowMs(), about });
      callback(...results);
    });
    return original.apply(this, args);
  };
}

function followRequests(): void {
  const began = new WeakMap<object, number>();
  diagnostics.subscribe("http.client.request.created", (message) => {
    began.set((message as { request: object }).request, nowMs());
  });
  diagnostics.subscribe("http.client.response.finish", (message) => {
    const { request } = message as { request: { method: string; path: string } };
    note({ what: request.method, beganMs: began.get(request) ?? 0, endedMs: nowMs(), about: request.path });
  });
}

if (file !== undefined && isMainThread) {
  followRuntimeCalls();
  followRequests();
  process.on("SIGPWR", () => {
    writeFileSync(`${file}.new`, calls.map((call) => JSON.stringify(call)).join("\n"));
    renameSync(`${file}.new`, file);
    calls = [];
  });
}

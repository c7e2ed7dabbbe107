/** Load on a Service from within a node's namespaces: see load-generator.ts. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { realClock, sleep } from "../../src/base/clock.ts";
import type { Namespaces } from "./namespaces.ts";

export interface LoadFailure {
  /** When it was known, in milliseconds since the epoch. */
  atMs: number;
  afterMs: number;
  target: string;
  cause: string;
}

export interface ServerReport {
  answers: number;
  /** When the last request that it answered was sent, in milliseconds since the epoch. */
  lastAskedMs: number;
}

export interface LoadReport {
  requests: number;
  answered: number;
  failed: number;
  slowestMs: number;
  lastedMs: number;
  /** By the Pod that answered, where answers name it. */
  servers: Record<string, ServerReport>;
  /** The first ones. */
  failures: LoadFailure[];
}

export interface LoadOptions {
  targets: readonly string[];
  requestsPerSecond: number;
  /** The load lasts until the work under it is done, but not shorter and not longer than this. */
  leastMs: number;
  mostMs: number;
}

/** Puts load on the targets while `work` lasts; answers what became of each request. */
export async function underLoad({ enter }: Namespaces, options: LoadOptions, work: () => Promise<void>): Promise<LoadReport> {
  const { targets, requestsPerSecond, leastMs, mostMs } = options;
  const program = join(import.meta.dirname, "load-generator.ts");
  const words = [program, String(requestsPerSecond), String(mostMs / 1000), ...targets];
  const child = spawn("nsenter", [...enter, process.execPath, ...words], { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (bytes: Buffer) => {
    output += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  try {
    await Promise.all([work(), sleep(realClock, leastMs)]);
  } finally {
    child.stdin.end();
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the load ended with code ${code}`);
  return JSON.parse(output) as LoadReport;
}

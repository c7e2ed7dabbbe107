/** Starts Timonier as a user would, in a data directory of its own, and reads what its processes take. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const root = join(import.meta.dirname, "..");
const START_LIMIT_MS = 60_000;

export interface Server {
  pid: number;
  kubeconfig: string;
  /** From the start of the process to ready, measured outside of it. */
  startMs: number;
  stop(): Promise<void>;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no free port"))));
    });
  });
}

/** `measureDelay`: of the event loop, by a timer that costs a little itself. */
export async function startServer(args: readonly string[] = [], measureDelay = false): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "timonier-bench-"));
  const kubeconfig = join(directory, "kubeconfig");
  const port = await freePort();
  const start = performance.now();
  const child = spawn(
    join(root, "bin/timonier"),
    [
      "up",
      "--data-dir",
      directory,
      "--port",
      `${port}`,
      "--runtime",
      "simulated",
      "--simulated-nodes",
      "1",
      "--kubeconfig",
      kubeconfig,
      ...args,
    ],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: measureDelay ? { ...process.env, ...delayEnvironment(kubeconfig) } : process.env,
    },
  );
  await readyLine(child);
  const startMs = performance.now() - start;
  return {
    pid: child.pid ?? 0,
    kubeconfig,
    startMs,
    stop: async () => {
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const delayFile = (kubeconfig: string): string => `${kubeconfig}.delay`;

const delayEnvironment = (kubeconfig: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=${join(import.meta.dirname, "event-loop-delay.ts")}`,
  BENCH_DELAY_FILE: delayFile(kubeconfig),
});

export interface EventLoopDelay {
  p99Ms: number;
  maxMs: number;
}

/** How late the server's event loop was since this was last asked. */
export async function eventLoopDelay({ kubeconfig, pid }: { kubeconfig: string; pid: number }): Promise<EventLoopDelay> {
  const file = delayFile(kubeconfig);
  rmSync(file, { force: true });
  process.kill(pid, "SIGUSR2");
  for (;;) {
    await wait(20);
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as EventLoopDelay;
  }
}

function readyLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const limit = setTimeout(() => reject(new Error(`not ready after ${START_LIMIT_MS} ms: ${text}`)), START_LIMIT_MS);
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (!/ready in/.test(text)) return;
      clearTimeout(limit);
      resolve();
    });
    child.once("exit", (code) => {
      clearTimeout(limit);
      reject(new Error(`ended with code ${code}: ${text}`));
    });
  });
}

/** The process and all that it started. */
function family(pid: number): number[] {
  let children = "";
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return [];
  }
  return [
    pid,
    ...children
      .split(" ")
      .filter(Boolean)
      .flatMap((child) => family(Number(child))),
  ];
}

/** Megabytes: anonymous memory, and all that is resident. */
export function memoryOf(pid: number): { anonymous: number; resident: number } {
  const sum = { anonymous: 0, resident: 0 };
  for (const member of family(pid)) {
    const status = readFileSync(`/proc/${member}/status`, "utf8");
    const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
    sum.anonymous += kilobytes("RssAnon") / 1024;
    sum.resident += kilobytes("VmRSS") / 1024;
  }
  return sum;
}

/** Seconds of processor time since each process began. */
export function cpuSecondsOf(pid: number): number {
  const ticksPerSecond = 100;
  return family(pid)
    .map((member) => readFileSync(`/proc/${member}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [])
    .reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, 0);
}

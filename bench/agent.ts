/** The processes of a real node's cluster as the benchmark sees them: server and agent, each by itself, without containerd and shims. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { build } from "esbuild";
import type { TracedCall } from "./agent-trace.ts";
import type { EventLoopDelay } from "./server.ts";

export interface Observed {
  readonly server: number;
  readonly agent: number;
  /** What the agent called since this was last asked. */
  trace(): Promise<TracedCall[]>;
  /** How late the agent's event loop was since this was last asked; measured from the first time on. */
  delay(): Promise<EventLoopDelay>;
}

const ANSWER_LIMIT_MS = 10_000;

/**
 * For every process that is started from now on, until what it answers is called. `directory` gets the files in which they answer, and
 * what is loaded into them: plain JavaScript, since reading TypeScript takes memory that is not theirs.
 */
export async function observeFrom(directory: string): Promise<() => void> {
  const entryPoints = ["event-loop-delay.ts", "agent-trace.ts"].map((name) => join(import.meta.dirname, name));
  await build({ entryPoints, outdir: directory, format: "esm", outExtension: { ".js": ".mjs" } });
  const before = process.env.NODE_OPTIONS;
  const modules = ["event-loop-delay.mjs", "agent-trace.mjs"].map((name) => `--import=${join(directory, name)}`);
  process.env.NODE_OPTIONS = [before, ...modules].filter(Boolean).join(" ");
  process.env.BENCH_DELAY_FILE = join(directory, "delay");
  process.env.BENCH_DELAY_MS = "20";
  process.env.BENCH_TRACE_FILE = join(directory, "trace");
  return () => {
    if (before === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = before;
  };
}

function pidOf(command: string, dataDirectory: string): number {
  const found = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        return words.includes(command) && words.some((word) => word.startsWith(dataDirectory));
      } catch {
        return false;
      }
    });
  if (found === undefined) throw new Error(`no process of "timonier ${command}" for ${dataDirectory}`);
  return Number(found);
}

/** Sends the signal upon which the process writes the file; answers what it wrote. */
async function answerOf(pid: number, signal: NodeJS.Signals, file: string): Promise<string> {
  rmSync(file, { force: true });
  process.kill(pid, signal);
  const deadline = performance.now() + ANSWER_LIMIT_MS;
  while (!existsSync(file)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} does not answer ${signal}`);
    await wait(20);
  }
  return readFileSync(file, "utf8");
}

export function observed(directory: string, dataDirectory: string): Observed {
  const agent = pidOf("agent", dataDirectory);
  return {
    server: pidOf("up", dataDirectory),
    agent,
    async trace() {
      const lines = (await answerOf(agent, "SIGPWR", join(directory, "trace"))).split("\n").filter(Boolean);
      return lines.map((line) => JSON.parse(line) as TracedCall);
    },
    delay: async () => JSON.parse(await answerOf(agent, "SIGUSR2", join(directory, "delay"))) as EventLoopDelay,
  };
}

/** Megabytes of one process alone. */
export function ownMemoryOf(pid: number): { anonymous: number; resident: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { anonymous: megabytes("RssAnon"), resident: megabytes("VmRSS") };
}

/** Seconds of processor time of one process alone, to the nanosecond: a sum over its threads. */
export function ownCpuSecondsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const [ran = "0"] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ");
    return sum + Number(ran) / 1e9;
  }, 0);
}

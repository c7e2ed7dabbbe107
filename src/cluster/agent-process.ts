/**
 * Keeps the node agent running: a process of its own, so that load on the API never delays a probe. It is started again when it
 * dies, with growing pauses where it dies at once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type Clock, sleep } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { NodeSetupError } from "../kubelet/containerd/setup-error.ts";

export interface AgentProcess {
  /** Resolves when the agent has said for the first time that it is ready; rejects with its words where it cannot be. */
  readonly ready: Promise<void>;
  /** Asks it to end, and waits. Containers go on. */
  stop(): Promise<void>;
}

export interface AgentProcessOptions {
  configFile: string;
  logFile: string;
  /** The node's DNS answers on this port. */
  onDns(port: number): void;
  clock: Clock;
  logger: Logger;
}

/** What the agent says to its parent. */
export type AgentMessage = { ready: true } | { failed: string } | { dnsPort: number };

const STOP_LIMIT_MS = 20_000;
const FIRST_PAUSE_MS = 500;
/** As upstream's kubelet is started again. */
const MAX_PAUSE_MS = 10_000;
/** An agent that has lived this long does not count as dying at once. */
const STEADY_MS = 10_000;

/**
 * An agent keeps little and has little that is short-lived: its young generation is smaller than the server's, and its old one grows in
 * larger steps. One thread alone clears the young one: while Pods start, threads that wait for each other wait for the runtime's programs, too.
 */
const HEAP = ["--max-semi-space-size=4", "--heap-growing-percent=100", "--no-parallel-scavenge"];
/** Each thread of the C library's allocator keeps pages to itself otherwise: some 10 MB after a burst of Pods. */
const ALLOCATOR = { MALLOC_ARENA_MAX: "1" };

function launch({ configFile, logFile }: AgentProcessOptions): ChildProcess {
  const log = openSync(logFile, "a", 0o600);
  const program = process.argv[1] ?? "";
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...HEAP, program, "agent", "--config", configFile, "--log", logFile],
    {
      stdio: ["ignore", log, log, "ipc"],
      detached: true,
      env: { ...ALLOCATOR, ...process.env },
    },
  );
  closeSync(log);
  return child;
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
  });

export function startAgentProcess(options: AgentProcessOptions): AgentProcess {
  const { clock, logger } = options;
  const stopping = new AbortController();
  let child: ChildProcess | undefined;
  let tell: { ready: () => void; failed: (error: Error) => void } | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    tell = { ready: resolve, failed: reject };
  });

  async function keepRunning(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const startedMs = clock.monotonic();
      child = launch(options);
      child.on("message", (message: AgentMessage) => {
        if ("ready" in message) tell?.ready();
        else if ("dnsPort" in message) options.onDns(message.dnsPort);
        else tell?.failed(new NodeSetupError(message.failed));
      });
      await ended(child);
      if (stopping.signal.aborted) return;
      pauseMs = clock.monotonic() - startedMs > STEADY_MS ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, MAX_PAUSE_MS);
      logger.error("the node agent ended; it is started again", {
        code: child.exitCode ?? undefined,
        signal: child.signalCode ?? undefined,
        pauseMs,
        log: options.logFile,
      });
      await sleep(clock, pauseMs, stopping.signal);
    }
  }
  const running = keepRunning();

  return {
    ready,
    async stop() {
      stopping.abort();
      child?.kill("SIGTERM");
      const force = clock.after(STOP_LIMIT_MS, () => child?.kill("SIGKILL"));
      await running;
      force.cancel();
    },
  };
}

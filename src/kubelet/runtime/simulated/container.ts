/** One simulated container: its process, which does what its run says, and what it leaves behind. */
import { EMPTY, encodeUtf8 } from "../../../base/bytes.ts";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { ContainerConfig } from "../config.ts";
import type { LogRecord } from "../output.ts";
import type { ContainerState, ContainerStatus } from "../runtime.ts";
import type { Behaviour, Run } from "./behaviour.ts";

/** Killed by SIGKILL. */
export const KILLED = 137;
const MOST_RECORDS = 10_000;

export interface SimulatedContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  readonly behaviour: Behaviour;
  readonly log: LogRecord[];
  readonly state: ContainerState;
  readonly startedAtMs: number;
  readonly terminationLog: string | undefined;
  status(): ContainerStatus;
  start(): void;
  /** Ends it as if it could not be run. */
  failToStart(message: string): void;
  end(exitCode: number, reason?: string): void;
  /** What SIGTERM does, or another stop signal. */
  terminate(): void;
  signal(name: string): void;
  write(stream: "stdout" | "stderr", text: string): void;
  /** Resolves when it has ended; at once where it does not run. */
  ended(): Promise<void>;
  /** Called with every record that is written from now on; the result takes it off again. */
  onLog(listener: () => void): () => void;
}

export interface SimulatedContainerOptions {
  id: string;
  sandboxId: string;
  config: ContainerConfig;
  behaviour: Behaviour;
  run: Run;
  image: { name: string; id: string; reference: string };
  logPath: string;
  clock: Clock;
  onChange(type: "Started" | "Stopped"): void;
}

/** RFC 3339 with the nine digits that runtimes write. */
const timestampOf = (nowMs: number): string => new Date(nowMs).toISOString().replace("Z", "000000Z");

export function simulatedContainer(options: SimulatedContainerOptions): SimulatedContainer {
  const { id, sandboxId, config, behaviour, run, image, logPath, clock, onChange } = options;
  const createdAtMs = clock.now();
  const log: LogRecord[] = [];
  const logListeners = new Set<() => void>();
  let state: ContainerState = "Created";
  let startedAtMs = 0;
  let finishedAtMs = 0;
  let exit = { code: 0, reason: "", message: "" };
  let timer: Timer | undefined;
  let waiters: (() => void)[] = [];
  let terminationLog: string | undefined;

  function finish(code: number, reason: string, message = ""): void {
    if (state === "Exited") return;
    timer?.cancel();
    state = "Exited";
    finishedAtMs = clock.now();
    exit = { code, reason, message };
    for (const resolve of waiters) resolve();
    waiters = [];
    for (const listener of logListeners) listener();
    onChange("Stopped");
  }

  function write(stream: "stdout" | "stderr", text: string): void {
    for (const line of text.split(/(?<=\n)/)) {
      if (line === "") continue;
      if (log.length >= MOST_RECORDS) log.shift();
      log.push({ timestamp: timestampOf(clock.now()), stream, bytes: encodeUtf8(line) });
    }
    for (const listener of logListeners) listener();
  }

  function schedule(): void {
    const { exitAfter, exitCode = 0, memoryOverLimitAfter } = run;
    const seconds = memoryOverLimitAfter ?? exitAfter;
    if (seconds === undefined) return;
    const end = (): void => (memoryOverLimitAfter === undefined ? ended(exitCode) : finish(KILLED, "OOMKilled"));
    timer = clock.after(seconds * 1000, end);
  }

  const ended = (code: number): void => finish(code, code === 0 ? "Completed" : "Error");

  return {
    id,
    sandboxId,
    config,
    behaviour,
    log,
    get state() {
      return state;
    },
    get startedAtMs() {
      return startedAtMs;
    },
    get terminationLog() {
      return terminationLog;
    },
    status: () => ({
      id,
      podSandboxId: sandboxId,
      metadata: config.metadata,
      image: image.name,
      imageRef: image.reference,
      imageId: image.id,
      state,
      createdAtMs,
      startedAtMs,
      finishedAtMs,
      exitCode: exit.code,
      reason: exit.reason,
      message: exit.message,
      labels: config.labels,
      annotations: config.annotations,
      logPath,
      mounts: config.mounts.map(({ containerPath, hostPath, readonly, recursiveReadOnly }) => ({
        containerPath,
        hostPath,
        readonly,
        recursiveReadOnly,
      })),
      resources: config.linux.resources,
    }),
    start() {
      state = "Running";
      startedAtMs = clock.now();
      if (run.log !== undefined) write("stdout", run.log);
      terminationLog = run.terminationLog;
      onChange("Started");
      schedule();
    },
    failToStart(message) {
      startedAtMs = 0;
      finish(128, "StartError", message);
    },
    end: (code, reason) => (reason === undefined ? ended(code) : finish(code, reason)),
    terminate() {
      // What does not say how it ends ends well.
      if (state === "Running" && run.onTerm !== "ignored") ended(run.onTerm?.exitCode ?? 0);
    },
    signal(name) {
      const response = behaviour[`onSignal ${name}`];
      if (response !== undefined) ended(response.exitCode);
      else if (name === "KILL") ended(KILLED);
      else if (name === "TERM") this.terminate();
    },
    write,
    ended: () => (state === "Running" ? new Promise((resolve) => waiters.push(resolve)) : Promise.resolve()),
    onLog(listener) {
      logListeners.add(listener);
      return () => void logListeners.delete(listener);
    },
  };
}

export const noOutput = { stdout: EMPTY, stderr: EMPTY };

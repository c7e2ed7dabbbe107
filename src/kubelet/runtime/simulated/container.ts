/** One simulated container: its process, which does what its run says, and what it leaves behind. */
import { encodeUtf8 } from "../../../base/bytes.ts";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { ContainerConfig } from "../config.ts";
import type { LogRecord } from "../output.ts";
import type { ContainerState, ContainerStatus } from "../runtime.ts";
import type { Behaviour, Run } from "./behaviour.ts";

/** Killed by SIGKILL. */
export const KILLED = 137;
const START_ERROR = 128;
const MOST_RECORDS = 10_000;

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

export class SimulatedContainer {
  readonly log: LogRecord[] = [];
  readonly #options: SimulatedContainerOptions;
  readonly #createdAtMs: number;
  readonly #logListeners = new Set<() => void>();
  #state: ContainerState = "Created";
  #startedAtMs = 0;
  #finishedAtMs = 0;
  #exit = { code: 0, reason: "", message: "" };
  #timer: Timer | undefined;
  #waiters: (() => void)[] = [];
  #terminationLog: string | undefined;

  constructor(options: SimulatedContainerOptions) {
    this.#options = options;
    this.#createdAtMs = options.clock.now();
  }

  get id(): string {
    return this.#options.id;
  }

  get sandboxId(): string {
    return this.#options.sandboxId;
  }

  get config(): ContainerConfig {
    return this.#options.config;
  }

  get behaviour(): Behaviour {
    return this.#options.behaviour;
  }

  get run(): Run {
    return this.#options.run;
  }

  get state(): ContainerState {
    return this.#state;
  }

  get startedAtMs(): number {
    return this.#startedAtMs;
  }

  get terminationLog(): string | undefined {
    return this.#terminationLog;
  }

  status(): ContainerStatus {
    const { id, sandboxId, config, image, logPath } = this.#options;
    return {
      id,
      podSandboxId: sandboxId,
      metadata: config.metadata,
      image: image.name,
      imageRef: image.reference,
      imageId: image.id,
      state: this.#state,
      createdAtMs: this.#createdAtMs,
      startedAtMs: this.#startedAtMs,
      finishedAtMs: this.#finishedAtMs,
      exitCode: this.#exit.code,
      reason: this.#exit.reason,
      message: this.#exit.message,
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
    };
  }

  start(): void {
    const { clock, run, onChange } = this.#options;
    this.#state = "Running";
    this.#startedAtMs = clock.now();
    if (run.log !== undefined) this.write("stdout", run.log);
    this.#terminationLog = run.terminationLog;
    onChange("Started");
    const { exitAfter, exitCode = 0, memoryOverLimitAfter } = run;
    const seconds = memoryOverLimitAfter ?? exitAfter;
    if (seconds === undefined) return;
    const isOverLimit = memoryOverLimitAfter !== undefined;
    this.#timer = clock.after(seconds * 1000, () => (isOverLimit ? this.#finish(KILLED, "OOMKilled") : this.end(exitCode)));
  }

  /** It could not be run at all. */
  failToStart(message: string): void {
    this.#finish(START_ERROR, "StartError", message);
  }

  end(exitCode: number): void {
    this.#finish(exitCode, exitCode === 0 ? "Completed" : "Error");
  }

  /** What SIGTERM does. What does not say how it ends ends well. */
  terminate(): void {
    const { onTerm } = this.run;
    if (this.#state === "Running" && onTerm !== "ignored") this.end(onTerm?.exitCode ?? 0);
  }

  signal(name: string): void {
    const response = this.behaviour[`onSignal ${name}`];
    if (response !== undefined) this.end(response.exitCode);
    else if (name === "KILL") this.end(KILLED);
    else if (name === "TERM") this.terminate();
  }

  write(stream: "stdout" | "stderr", text: string): void {
    for (const line of text.split(/(?<=\n)/)) {
      if (line === "") continue;
      if (this.log.length >= MOST_RECORDS) this.log.shift();
      this.log.push({ timestamp: timestampOf(this.#options.clock.now()), stream, bytes: encodeUtf8(line) });
    }
    for (const listener of this.#logListeners) listener();
  }

  /** Resolves when it has ended; at once where it does not run. */
  ended(): Promise<void> {
    return this.#state === "Running" ? new Promise((resolve) => this.#waiters.push(resolve)) : Promise.resolve();
  }

  /** Called when something was written, and at the end; the result takes the listener off again. */
  onLog(listener: () => void): () => void {
    this.#logListeners.add(listener);
    return () => void this.#logListeners.delete(listener);
  }

  #finish(code: number, reason: string, message = ""): void {
    if (this.#state === "Exited") return;
    const { clock, onChange } = this.#options;
    this.#timer?.cancel();
    this.#state = "Exited";
    this.#finishedAtMs = clock.now();
    this.#exit = { code, reason, message };
    for (const resolve of this.#waiters) resolve();
    this.#waiters = [];
    for (const listener of this.#logListeners) listener();
    onChange("Stopped");
  }
}

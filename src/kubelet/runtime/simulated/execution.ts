/** Commands inside simulated containers. */
import { concatBytes, EMPTY, encodeUtf8 } from "../../../base/bytes.ts";
import { type Clock, sleep } from "../../../base/clock.ts";
import { type CallOptions, type ExecResult, RuntimeError } from "../runtime.ts";
import { programOf } from "./commands.ts";
import { KILLED, type SimulatedContainer } from "./container.ts";

/** Aborts when the caller gives up, the time is over, or the container has ended. */
function limits(clock: Clock, container: SimulatedContainer, { signal, timeoutMs }: CallOptions) {
  const ended = new AbortController();
  const abort = (): void => ended.abort();
  let timedOut = false;
  const timer =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () => {
          timedOut = true;
          abort();
        });
  signal?.addEventListener("abort", abort, { once: true });
  void container.ended().then(abort);
  return {
    signal: ended.signal,
    close() {
      timer?.cancel();
      signal?.removeEventListener("abort", abort);
    },
    /** Throws where it was the caller or the clock. */
    check(command: readonly string[]) {
      if (timedOut) throw new RuntimeError("DeadlineExceeded", `command "${command.join(" ")}" timed out`);
      if (signal?.aborted) throw new RuntimeError("Canceled", "context canceled");
    },
  };
}

/** What a command does with its streams. */
export interface CommandIo {
  write(bytes: Uint8Array): void;
  /** Carries stdin to stdout until it ends, or `signal` aborts. */
  copy(signal: AbortSignal): Promise<void>;
}

export const requireRunning = ({ state }: SimulatedContainer): void => {
  if (state !== "Running") throw new RuntimeError("FailedPrecondition", "container is not running");
};

/** Runs a command with its output gathered, and nothing to read. */
export async function execute(
  clock: Clock,
  container: SimulatedContainer,
  command: readonly string[],
  options: CallOptions = {},
): Promise<ExecResult> {
  const output: Uint8Array[] = [];
  const io: CommandIo = { write: (bytes) => output.push(bytes), copy: () => Promise.resolve() };
  const exitCode = await perform({ clock, container, io }, command, options);
  return { stdout: exitCode === KILLED ? EMPTY : concatBytes(output), stderr: EMPTY, exitCode };
}

/** Runs a command; answers its exit code. */
export async function perform(
  { clock, container, io }: { clock: Clock; container: SimulatedContainer; io: CommandIo },
  command: readonly string[],
  options: CallOptions,
): Promise<number> {
  requireRunning(container);
  const limit = limits(clock, container, options);
  let exitCode = 0;
  try {
    for (const { step, ifSucceeded } of programOf(command)) {
      if (ifSucceeded && exitCode !== 0) continue;
      if (step.do === "exit") {
        exitCode = step.code ?? exitCode;
        break;
      }
      exitCode = step.do === "status" ? step.code : 0;
      if (step.do === "echo") io.write(encodeUtf8(step.text));
      if (step.do === "cat") await io.copy(limit.signal);
      if (step.do === "signal") container.signal(step.name);
      if (step.do === "sleep") await sleep(clock, step.seconds * 1000, limit.signal);
      limit.check(command);
      if (container.state !== "Running" && (step.do === "sleep" || step.do === "cat")) return KILLED;
    }
    return exitCode;
  } finally {
    limit.close();
  }
}

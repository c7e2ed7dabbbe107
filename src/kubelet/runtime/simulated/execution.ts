/** Commands inside simulated containers, and the streams of exec and attach. */
import { concatBytes, EMPTY, encodeUtf8 } from "../../../base/bytes.ts";
import { type Clock, sleep } from "../../../base/clock.ts";
import { type CallOptions, type ExecResult, RuntimeError, type StreamSession } from "../runtime.ts";
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

export async function execute(
  clock: Clock,
  container: SimulatedContainer,
  command: readonly string[],
  options: CallOptions = {},
): Promise<ExecResult> {
  if (container.state !== "Running") throw new RuntimeError("FailedPrecondition", "container is not running");
  const limit = limits(clock, container, options);
  const output: Uint8Array[] = [];
  let exitCode = 0;
  try {
    for (const { step, ifSucceeded } of programOf(command)) {
      if (ifSucceeded && exitCode !== 0) continue;
      if (step.do === "exit") {
        exitCode = step.code ?? exitCode;
        break;
      }
      exitCode = step.do === "status" ? step.code : 0;
      if (step.do === "echo") output.push(encodeUtf8(step.text));
      if (step.do === "signal") container.signal(step.name);
      if (step.do === "sleep") await sleep(clock, step.seconds * 1000, limit.signal);
      limit.check(command);
      if ((container.state as string) !== "Running" && step.do === "sleep")
        return { stdout: EMPTY, stderr: EMPTY, exitCode: KILLED };
    }
    return { stdout: concatBytes(output), stderr: EMPTY, exitCode };
  } finally {
    limit.close();
  }
}

/** A session of which the output comes at once, and then its end. */
export function session(run: (write: (bytes: Uint8Array) => void, signal: AbortSignal) => Promise<number>): StreamSession {
  const aborting = new AbortController();
  const listeners: ((channel: 1 | 2, bytes: Uint8Array) => void)[] = [];
  const early: Uint8Array[] = [];
  const write = (bytes: Uint8Array): void => {
    if (listeners.length === 0) early.push(bytes);
    for (const listener of listeners) listener(1, bytes);
  };
  const ended = run(write, aborting.signal);
  // The caller may look at the end later.
  ended.catch(() => {});
  return {
    write: () => true,
    drained: () => Promise.resolve(),
    closeWrite() {},
    onData(listener) {
      listeners.push(listener);
      for (const bytes of early.splice(0)) listener(1, bytes);
    },
    resize() {},
    abort: () => aborting.abort(),
    ended,
  };
}

/**
 * Sees to it that no container's log grows without bound: now and then the sizes of those that run are looked at, one after the
 * other, and what has grown too large is put aside. Nothing is looked at while nothing runs.
 */
import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { LogFileRotation } from "../host/log-rotation.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import type { KubeletSettings } from "../settings.ts";
import type { Wheel } from "../wheel.ts";

export interface LogRotationOptions {
  runtime: Pick<RuntimeService, "containerStatus" | "reopenContainerLog">;
  files: LogFileRotation;
  clock: Clock;
  wheel: Wheel;
  logger: Logger;
  settings: Pick<KubeletSettings, "containerLogMaxSizeBytes" | "containerLogMaxFiles" | "containerLogMonitorIntervalMs">;
  /** Identifiers of the containers that run. */
  running(): Iterable<string>;
}

export interface LogRotation {
  /** Looks at all logs once. Never rejects. */
  look(): Promise<void>;
  stop(): void;
}

export function startLogRotation(options: LogRotationOptions): LogRotation {
  const { runtime, files, clock, wheel, logger, settings } = options;
  /** Paths of logs by container: they never change. */
  let paths = new Map<string, string>();
  let timer: Timer | undefined;
  let stopped = false;

  async function lookAt(id: string, path: string): Promise<void> {
    const reopen = (): Promise<void> => runtime.reopenContainerLog(id);
    const size = await files.sizeOf(path);
    // Somebody took it away: the runtime writes into nothing.
    if (size === undefined) return reopen();
    if (size < settings.containerLogMaxSizeBytes) return;
    await files.rotate(path, { maxFiles: settings.containerLogMaxFiles, nowMs: clock.now(), reopen });
  }

  async function look(): Promise<void> {
    const seen = new Map<string, string>();
    for (const id of options.running()) {
      if (stopped) return;
      try {
        const path = paths.get(id) ?? (await runtime.containerStatus(id)).logPath;
        if (path === "") continue;
        seen.set(id, path);
        await lookAt(id, path);
      } catch (error) {
        logger.warn("log not looked at", { container: id, error: String(error) });
      }
    }
    paths = seen;
  }

  async function turn(): Promise<void> {
    await look();
    if (!stopped) timer = wheel.after(settings.containerLogMonitorIntervalMs, () => void turn());
  }
  timer = wheel.after(settings.containerLogMonitorIntervalMs, () => void turn());

  return {
    look,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

/**
 * Log files with a bound: one that has grown too large becomes `NAME.1`, that `NAME.2`, and the oldest goes.
 *
 * A file is copied and emptied in place, not renamed: other processes, containerd among them, go on writing to the one they opened (for
 * appending). What somebody else writes between the copy and the emptying is lost; our own process writes nothing then.
 */
import { copyFileSync, fstatSync, openSync, renameSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { formatLogLine, type LogLevel, type LogSink } from "../../base/logger.ts";

export interface RotationLimits {
  maxBytes: number;
  /** How many older files are kept. */
  keep: number;
}

const LOG_LIMITS: RotationLimits = { maxBytes: 10 * 2 ** 20, keep: 2 };
const CHECK_INTERVAL_MS = 30_000;

/** Older files of a log, the newest first. Not all need be there. */
export const olderFiles = (path: string, { keep }: RotationLimits = LOG_LIMITS): string[] =>
  Array.from({ length: keep }, (_, index) => `${path}.${index + 1}`);

/** Does nothing where the file is not there or small enough. */
export function rotateIfLarge(path: string, limits: RotationLimits = LOG_LIMITS): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < limits.maxBytes) return;
  const files = olderFiles(path, limits);
  for (let at = files.length - 1; at > 0; at--) moveIfThere(files[at - 1] ?? "", files[at] ?? "");
  const draft = `${path}.new`;
  copyFileSync(path, draft);
  renameSync(draft, files[0] ?? draft);
  truncateSync(path, 0);
}

function moveIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) === undefined) return;
  rmSync(to, { force: true });
  renameSync(from, to);
}

/** Looks after files that others write to, too. */
export function startRotation(paths: readonly string[], clock: Clock, limits: RotationLimits = LOG_LIMITS): { stop(): void } {
  let timer = clock.after(CHECK_INTERVAL_MS, check);
  function check(): void {
    for (const path of paths) {
      try {
        rotateIfLarge(path, limits);
      } catch {
        // A disk that is full or gone must not end a node; the next look may succeed.
      }
    }
    timer = clock.after(CHECK_INTERVAL_MS, check);
  }
  return { stop: () => timer.cancel() };
}

/**
 * Writes lines to a file, which is made with the first one and kept within its limits. A line that cannot be written (a full disk) is
 * lost: a log must not end what it tells of.
 */
export function fileSink(path: string, clock: Clock, limits: RotationLimits = LOG_LIMITS): LogSink {
  let file: number | undefined;
  return (level: LogLevel, message, fields) => {
    try {
      file ??= openSync(path, "a", 0o600);
      writeSync(file, `${formatLogLine(clock.now(), level, message, fields)}\n`);
      if (fstatSync(file).size >= limits.maxBytes) rotateIfLarge(path, limits);
    } catch {
      // See above.
    }
  };
}

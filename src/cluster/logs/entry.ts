/** What a log file says, entry by entry: our own lines (base/logger.ts), containerd's, and what a runtime writes when it dies. */
import type { LogLevel } from "../../base/logger.ts";

export interface LogEntry {
  /** Milliseconds since the epoch. Text without a time of its own has that of the entry before, or 0. */
  readonly timeMs: number;
  readonly level: LogLevel;
  /** Who said it, where the line says so. */
  readonly component: string | undefined;
  /** As it stands in the file; more than one line where a stack follows. */
  readonly text: string;
}

const OWN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (DEBUG|INFO|WARN|ERROR) +/;
const COMPONENT = / component=([\w-]+)/;
/** logrus, without a terminal. */
const CONTAINERD = /^time="([^"]+)" level=(\w+) /;
const CONTAINERD_LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
};
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export const isAtLeast = (level: LogLevel, least: LogLevel): boolean => LEVELS.indexOf(level) >= LEVELS.indexOf(least);

/** Undefined where the line begins no entry that we know. */
export function parseEntry(line: string): LogEntry | undefined {
  const own = OWN.exec(line);
  if (own !== null) {
    const [, time = "", level = ""] = own;
    return {
      timeMs: Date.parse(time),
      level: level.toLowerCase() as LogLevel,
      component: COMPONENT.exec(line)?.[1],
      text: line,
    };
  }
  const [, time, level = ""] = CONTAINERD.exec(line) ?? [];
  if (time === undefined) return undefined;
  return { timeMs: Date.parse(time), level: CONTAINERD_LEVELS[level] ?? "error", component: undefined, text: line };
}

/**
 * Puts lines together to entries. An indented line belongs to the entry before; other lines that are none (a crash, a panic) are one
 * entry together, and an error.
 */
export function entryReader(): { take(line: string): LogEntry | undefined; rest(): LogEntry | undefined } {
  let pending: LogEntry | undefined;
  let isRaw = false;
  return {
    /** Answers the entry before, once the line begins another. */
    take(line) {
      const entry = parseEntry(line);
      if (entry === undefined && pending !== undefined && (isRaw || /^\s|^$/.test(line))) {
        pending = { ...pending, text: `${pending.text}\n${line}` };
        return undefined;
      }
      const done = pending;
      isRaw = entry === undefined;
      pending = entry ?? { timeMs: done?.timeMs ?? 0, level: "error", component: undefined, text: line };
      return done;
    },
    rest() {
      const done = pending;
      pending = undefined;
      return done;
    },
  };
}

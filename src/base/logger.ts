/** Structured log lines, for people and machines. Secrets never go in: callers log names, not contents. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same logger with `fields` in every line. */
  with(fields: LogFields): Logger;
}

export type LogSink = (level: LogLevel, message: string, fields: LogFields) => void;

const ORDER: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export function logger(sink: LogSink, least: LogLevel = "info", base: LogFields = {}): Logger {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (ORDER.indexOf(level) >= ORDER.indexOf(least)) sink(level, message, fields ? { ...base, ...fields } : base);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (fields) => logger(sink, least, { ...base, ...fields }),
  };
}

export const silentLogger: Logger = logger(() => {});

/** One line of text: `2026-01-01T00:00:00.000Z INFO message key=value`. */
export function formatLogLine(nowMs: number, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === "string" && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`);
  return `${new Date(nowMs).toISOString()} ${level.toUpperCase().padEnd(5)} ${message}${pairs.join("")}`;
}

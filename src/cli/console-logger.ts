/** Log lines on standard error, and in files. */
import { realClock } from "../base/clock.ts";
import { formatLogLine, type Logger, type LogLevel, type LogSink, logger } from "../base/logger.ts";
import { fileSink } from "../cluster/logs/rotation.ts";

const ON_TERMINAL: LogSink = (level, message, fields) => console.error(formatLogLine(realClock.now(), level, message, fields));

export const consoleLogger = (least: LogLevel = "info"): Logger => logger(ON_TERMINAL, least);

/** Into a file that stays within its limits. */
export const fileLogger = (path: string): Logger => logger(fileSink(path, realClock));

/** Into a file; what somebody should see goes to the terminal, too. */
export function fileAndConsoleLogger(path: string): Logger {
  const intoFile = fileSink(path, realClock);
  return logger((level, message, fields) => {
    intoFile(level, message, fields);
    if (level === "warn" || level === "error") ON_TERMINAL(level, message, fields);
  });
}

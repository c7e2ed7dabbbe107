/** Log lines on standard error. */
import { realClock } from "../base/clock.ts";
import { formatLogLine, type Logger, type LogLevel, logger } from "../base/logger.ts";

export const consoleLogger = (least: LogLevel = "info"): Logger =>
  logger((level, message, fields) => console.error(formatLogLine(realClock.now(), level, message, fields)), least);

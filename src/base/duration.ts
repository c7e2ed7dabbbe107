/**
 * Spans of time as people write them: `90s`, `11m`, `1h30m`, `500ms`. The form is Go's, which Kubernetes uses everywhere.
 * https://pkg.go.dev/time#ParseDuration
 */
import { assert } from "./assert.ts";

/** Milliseconds, or text. */
export type Duration = number | string;

const UNIT_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const WHOLE = new RegExp(`^[+-]?(?:${PART.source})+$`);

/** In milliseconds; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!WHOLE.test(text)) return undefined;
  let nanoseconds = 0;
  for (const [, amount, unit = ""] of text.matchAll(PART)) nanoseconds += Number(amount) * (UNIT_NS[unit] ?? 0);
  return ((text.startsWith("-") ? -1 : 1) * nanoseconds) / 1e6;
}

/** In milliseconds. What is no duration is a mistake of the caller's. */
export function durationMs(duration: Duration): number {
  const ms = typeof duration === "number" ? duration : parseDuration(duration);
  assert(ms !== undefined, `${JSON.stringify(duration)} is no duration: write it as 500ms, 90s, 11m or 1h30m`);
  return ms;
}

/** Milliseconds as Go writes a duration: `1h30m0s`, `1.5s`, `250ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const magnitude = Math.abs(ms);
  const sign = ms < 0 ? "-" : "";
  if (magnitude < 1) return `${sign}${magnitude * 1000}µs`;
  if (magnitude < 1000) return `${sign}${magnitude}ms`;
  const hours = Math.floor(magnitude / 3_600_000);
  const minutes = Math.floor((magnitude % 3_600_000) / 60_000);
  const seconds = (magnitude % 60_000) / 1000;
  return `${sign}${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}

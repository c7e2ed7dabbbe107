/** Spans of time as people write them: `90s`, `11m`, `1h30m`, `500ms`. The form is Go's, which Kubernetes uses everywhere. */
import { assert } from "./assert.ts";

/** Milliseconds, or text. */
export type Duration = number | string;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^(\d+(\.\d+)?(ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** In milliseconds. What is no duration is a mistake of the caller's. */
export function durationMs(duration: Duration): number {
  if (typeof duration === "number") return duration;
  assert(WHOLE.test(duration), `${JSON.stringify(duration)} is no duration: write it as 500ms, 90s, 11m or 1h30m`);
  let totalMs = 0;
  for (const [, amount = "0", unit = "s"] of duration.matchAll(PART)) totalMs += Number(amount) * (UNIT_MS[unit] ?? 0);
  return totalMs;
}

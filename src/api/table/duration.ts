/** Durations as kubectl and Table answers print them: two units at most, coarser the longer they are. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY_HOURS = 24;
const YEAR_DAYS = 365;

/** `45s`, `2m5s`, `3d4h`, `2y30d`. Up to two seconds of skew between clocks pass as now. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / SECOND);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(durationMs / MINUTE);
  if (minutes < 10) return twoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(durationMs / HOUR);
  if (hours < 8) return twoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  return humanDays(hours);
}

function humanDays(hours: number): string {
  const days = Math.floor(hours / DAY_HOURS);
  if (days < 8) return twoUnits(days, "d", hours % DAY_HOURS, "h");
  if (days < 2 * YEAR_DAYS) return `${days}d`;
  const years = Math.floor(days / YEAR_DAYS);
  return years < 8 ? twoUnits(years, "y", days % YEAR_DAYS, "d") : `${years}y`;
}

const twoUnits = (coarse: number, coarseUnit: string, fine: number, fineUnit: string): string =>
  fine === 0 ? `${coarse}${coarseUnit}` : `${coarse}${coarseUnit}${fine}${fineUnit}`;

/** The time since a Kubernetes timestamp; `<unknown>` where there is none. */
export const humanAge = (timestamp: string | null | undefined, nowMs: number): string =>
  timestamp ? humanDuration(nowMs - Date.parse(timestamp)) : "<unknown>";

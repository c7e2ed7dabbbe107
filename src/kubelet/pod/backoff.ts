/**
 * Delays between attempts at one thing, doubling from 10 s to 300 s; forgotten after ten minutes without an attempt. Crash loops and
 * image pulls each have one.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#how-pods-handle-problems-with-containers
 */
const BASE_MS = 10_000;
const MOST_MS = 300_000;

export interface Backoff {
  /** Milliseconds still to wait since something failed at `sinceMs`; 0 where the next attempt may go. */
  remainingMs(key: string, sinceMs: number, nowMs: number): number;
  delayMs(key: string): number;
  /** An attempt goes now: the next delay is longer. `sinceMs`: when the last one failed. */
  next(key: string, sinceMs: number, nowMs: number): void;
  forget(prefix: string): void;
}

export function createBackoff(): Backoff {
  const entries = new Map<string, { delayMs: number; updatedMs: number }>();
  const expired = (updatedMs: number, sinceMs: number): boolean => sinceMs - updatedMs > 2 * MOST_MS;
  return {
    remainingMs(key, sinceMs, nowMs) {
      const entry = entries.get(key);
      if (entry === undefined || expired(entry.updatedMs, sinceMs)) return 0;
      return Math.max(0, sinceMs + entry.delayMs - nowMs);
    },
    delayMs: (key) => entries.get(key)?.delayMs ?? 0,
    next(key, sinceMs, nowMs) {
      const entry = entries.get(key);
      const delayMs = entry === undefined || expired(entry.updatedMs, sinceMs) ? BASE_MS : Math.min(entry.delayMs * 2, MOST_MS);
      entries.set(key, { delayMs, updatedMs: nowMs });
    },
    forget(prefix) {
      for (const key of entries.keys()) if (key.startsWith(prefix)) entries.delete(key);
    },
  };
}

/** As Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`. */
export function goSeconds(milliseconds: number): string {
  const total = Math.round(milliseconds / 1000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  return `${hours > 0 ? `${hours}h` : ""}${hours > 0 || minutes > 0 ? `${minutes}m` : ""}${seconds}s`;
}

/** As Go prints a duration cut to milliseconds: `0s`, `15ms`, `1.204s`, `1m2.5s`. */
export function goDuration(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  if (whole === 0) return "0s";
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  return `${minutes > 0 ? `${minutes}m` : ""}${String((whole % 60_000) / 1000)}s`;
}

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

/**
 * How long a failed daemon Pod is left before it is replaced: a node that refuses its Pods is not asked again at once, but after one
 * second, two, four …, up to a quarter of an hour. A new template starts anew, and so does a node on which nothing failed for long.
 *
 * Kept in memory: after a restart the first replacement comes at once.
 */
const FIRST_MS = 1_000;
const LONGEST_MS = 15 * 60_000;

interface Backoff {
  generation: number;
  delayMs: number;
  sinceMs: number;
}

/** Of one DaemonSet, by the name of the node. */
type Backoffs = Map<string, Backoff>;

export interface Failure {
  /** `namespace/name` of the DaemonSet. */
  key: string;
  generation: number;
  node: string;
  nowMs: number;
}

export interface FailureBackoff {
  /** Milliseconds that a failed Pod is left yet; 0 where it is replaced now, which counts. */
  waitMs(failure: Failure): number;
  forget(key: string): void;
}

export function failureBackoff(): FailureBackoff {
  const sets = new Map<string, Backoffs>();
  return {
    waitMs({ key, generation, node, nowMs }) {
      const nodes: Backoffs = sets.get(key) ?? new Map();
      sets.set(key, nodes);
      const last = nodes.get(node);
      const counts = last?.generation === generation && nowMs - last.sinceMs <= 2 * LONGEST_MS;
      if (!counts) {
        nodes.set(node, { generation, delayMs: FIRST_MS, sinceMs: nowMs });
        return 0;
      }
      const leftMs = last.sinceMs + last.delayMs - nowMs;
      if (leftMs > 0) return leftMs;
      nodes.set(node, { generation, delayMs: Math.min(LONGEST_MS, 2 * last.delayMs), sinceMs: nowMs });
      return 0;
    },
    forget: (key) => void sets.delete(key),
  };
}

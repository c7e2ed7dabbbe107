/**
 * Compacts a store regularly, so that every revision is served for at least one interval and at most two: what kube-apiserver
 * does to etcd. https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
import type { Clock, Timer } from "../base/clock.ts";
import { type Store, StoreError } from "./store.ts";

/** What kube-apiserver waits between two compactions. */
const COMPACTION_INTERVAL_MS = 5 * 60 * 1000;

export interface CompactorOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly intervalMs?: number;
  /** A compaction failed; the next one is tried after the interval. */
  readonly onError: (error: unknown) => void;
}

export interface Compactor {
  stop(): void;
}

/** While nothing is written, nothing is compacted. */
export function startCompactor({ store, clock, intervalMs = COMPACTION_INTERVAL_MS, onError }: CompactorOptions): Compactor {
  let timer: Timer | undefined;
  let stopped = false;
  /** The newest revision one interval ago. */
  let before = 0;

  async function compact(): Promise<void> {
    const activity = clock.hold("store compaction");
    try {
      const newest = await store.revision();
      await store.compact(before);
      before = newest;
    } catch (error) {
      if (!(error instanceof StoreError && error.reason === "closed")) onError(error);
    } finally {
      activity.release();
      again();
    }
  }

  function again(): void {
    if (!stopped) timer = clock.after(intervalMs, () => void compact());
  }

  again();
  return {
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

/**
 * Forgets history: revisions are served for five minutes, as a kube-apiserver compacts its etcd. A cluster in which nothing changes
 * compacts nothing.
 */
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { Store } from "../store/store.ts";

const INTERVAL_MS = 5 * 60_000;

export function compaction({ store, clock, logger }: { store: Store; clock: Clock; logger: Logger }): { stop(): void } {
  let stopped = false;
  /** The newest revision at the last turn. */
  let previous = 0;
  const turn = async (): Promise<void> => {
    const newest = await store.revision();
    const target = previous;
    previous = newest;
    if (target > (await store.compactedRevision())) await store.compact(target);
  };
  const arm = () =>
    clock.after(INTERVAL_MS, () => {
      turn()
        .catch((error: unknown) => {
          if (!stopped) logger.warn("compaction failed", { error: error instanceof Error ? error.message : String(error) });
        })
        .finally(() => {
          if (!stopped) timer = arm();
        });
    });
  let timer = arm();
  return {
    stop() {
      stopped = true;
      timer.cancel();
    },
  };
}

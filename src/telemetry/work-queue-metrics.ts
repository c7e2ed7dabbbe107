/** What controllers' work queues count, under client-go's names. One provider gives each queue its series once. */
import type { Registry } from "./registry.ts";

/** What one queue calls. Durations are in milliseconds. */
export interface WorkQueueMetrics {
  /** A key was added that was not waiting. */
  added(): void;
  /** A worker took a key that had waited so long. */
  taken(waitedMs: number): void;
  /** A worker is done with a key. */
  done(workedMs: number): void;
  /** A key goes back with a delay after an error. */
  retried(): void;
}

const SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];

/** Gives the metrics of the queue with this name. */
export function workQueueMetrics(registry: Registry): (name: string) => WorkQueueMetrics {
  const labels = ["name"];
  const depth = registry.gauge({ name: "workqueue_depth", help: "Keys that wait in the work queue.", labels });
  const adds = registry.counter({ name: "workqueue_adds_total", help: "Keys added to the work queue.", labels });
  const retries = registry.counter({ name: "workqueue_retries_total", help: "Keys added again after an error.", labels });
  const waits = registry.histogram({
    name: "workqueue_queue_duration_seconds",
    help: "Seconds a key waits in the work queue.",
    labels,
    bounds: SECONDS,
  });
  const works = registry.histogram({
    name: "workqueue_work_duration_seconds",
    help: "Seconds it takes to work on a key.",
    labels,
    bounds: SECONDS,
  });
  return (name) => {
    const [waiting, added, retried] = [depth.with(name), adds.with(name), retries.with(name)];
    const [wait, work] = [waits.with(name), works.with(name)];
    return {
      added() {
        waiting.add(1);
        added.add();
      },
      taken(waitedMs) {
        waiting.add(-1);
        wait.observe(waitedMs / 1000);
      },
      done: (workedMs) => work.observe(workedMs / 1000),
      retried: () => retried.add(),
    };
  };
}

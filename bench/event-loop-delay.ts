/**
 * Loaded into the process under test (`node --import`): measures how late its event loop is, from the first SIGUSR2 on. Each one writes
 * what was seen since the last to the file that `BENCH_DELAY_FILE` names, and begins anew. It looks every `BENCH_DELAY_MS` (1 where
 * absent): each look costs some 20 µs.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const file = process.env.BENCH_DELAY_FILE;
if (file !== undefined && isMainThread) {
  const resolution = Number(process.env.BENCH_DELAY_MS ?? 1);
  const delay = monitorEventLoopDelay({ resolution });
  // What is told holds the pause between two looks.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution);
  process.on("SIGUSR2", () => {
    writeFileSync(`${file}.new`, JSON.stringify({ p99Ms: late(delay.percentile(99)), maxMs: late(delay.max) }));
    renameSync(`${file}.new`, file);
    delay.reset();
    delay.enable();
  });
}

/**
 * Loaded into the process under test (`node --import`): measures how late its event loop is, from the first SIGUSR2 on. Each one writes
 * what was seen since the last to the file that `BENCH_DELAY_FILE` names, and begins anew.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const file = process.env.BENCH_DELAY_FILE;
if (file !== undefined && isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  process.on("SIGUSR2", () => {
    writeFileSync(`${file}.new`, JSON.stringify({ p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 }));
    renameSync(`${file}.new`, file);
    delay.reset();
    delay.enable();
  });
}

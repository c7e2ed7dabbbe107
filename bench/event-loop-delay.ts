/**
 * Loaded into the server under test (`node --import`): measures how late its event loop is. SIGUSR2 writes what was seen since the
 * last one to the file that `BENCH_DELAY_FILE` names, and begins anew.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const file = process.env.BENCH_DELAY_FILE;
if (file !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on("SIGUSR2", () => {
    writeFileSync(`${file}.new`, JSON.stringify({ p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 }));
    renameSync(`${file}.new`, file);
    delay.reset();
  });
}

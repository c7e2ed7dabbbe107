/** What the platform says of this process, for /metrics. */
import { readdirSync } from "node:fs";
import type { ProcessFigures } from "../telemetry/index.ts";

const OPEN_FILES = "/proc/self/fd";

function openFiles(): number {
  try {
    return readdirSync(OPEN_FILES).length;
  } catch {
    // Only Linux tells.
    return 0;
  }
}

export const processFigures: ProcessFigures = {
  cpuSeconds() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  residentBytes: () => process.memoryUsage.rss(),
  openFiles,
  startSeconds: performance.timeOrigin / 1000,
};

/** Finds processes by what they were started with: their numbers in files may be others' by now. */
import { readdirSync, readFileSync } from "node:fs";

/** Other processes that have `argument` among their own. */
export function processesNaming(argument: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(argument);
      } catch {
        return false;
      }
    });
}

/** What processes of the cluster use, from /proc. https://man7.org/linux/man-pages/man5/proc.5.html */
import { readFile } from "node:fs/promises";
import { type Clock, sleep } from "../../base/clock.ts";
import type { ProcessStatus } from "./report.ts";

/** The kernel's unit of time for user space, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 300;
const KIB = 1024;

export interface ProcessName {
  readonly name: string;
  readonly pid: number;
}

/** Those that are still there after a moment, in which their use of the processor is watched. */
export async function usageOf(processes: readonly ProcessName[], clock: Clock): Promise<ProcessStatus[]> {
  const startMs = clock.monotonic();
  const before = await Promise.all(processes.map(({ pid }) => cpuSecondsOf(pid)));
  await sleep(clock, SAMPLE_MS);
  const elapsedSeconds = (clock.monotonic() - startMs) / 1000;
  const all = await Promise.all(
    processes.map(async ({ name, pid }, at): Promise<ProcessStatus[]> => {
      const [first, cpuSeconds, status] = [before[at], await cpuSecondsOf(pid), await textOf(`/proc/${pid}/status`)];
      if (first === undefined || cpuSeconds === undefined) return [];
      const bytesOf = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * KIB;
      return [
        {
          name,
          pid,
          memoryBytes: bytesOf("VmRSS"),
          anonymousBytes: bytesOf("RssAnon"),
          cpuPercent: (100 * Math.max(0, cpuSeconds - first)) / elapsedSeconds,
          cpuSeconds,
        },
      ];
    }),
  );
  return all.flat();
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

async function cpuSecondsOf(pid: number): Promise<number | undefined> {
  // The name in parentheses may hold anything; fields are counted after it.
  const fields = (await textOf(`/proc/${pid}/stat`)).split(") ").at(-1)?.split(" ") ?? [];
  return fields.length < 13 ? undefined : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** When a process began that started so many ticks after the machine. */
export async function startOf(startTicks: string): Promise<number> {
  const bootSeconds = Number(/^btime (\d+)$/m.exec(await textOf("/proc/stat"))?.[1] ?? 0);
  return (bootSeconds + Number(startTicks) / TICKS_PER_SECOND) * 1000;
}

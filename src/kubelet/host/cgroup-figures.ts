/**
 * What a cgroup has used, read from the kernel's files: of one hierarchy (v2), or of one a controller (v1, alone or beside v2).
 * https://docs.kernel.org/admin-guide/cgroup-v2.html , https://docs.kernel.org/admin-guide/cgroup-v1/
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GroupFigures } from "../stats/machine.ts";
import type { MemorySample } from "../stats/samples.ts";

const MOUNT = "/sys/fs/cgroup";
/** The older hierarchy says "no limit" with the largest whole number of pages. */
const NO_LIMIT = 2 ** 62;

const textOf = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);

/** Undefined where it is not there, or says `max`. */
async function numberOf(path: string): Promise<number | undefined> {
  const value = Number.parseInt((await textOf(path)) ?? "", 10);
  return Number.isNaN(value) ? undefined : value;
}

/** `name value` a line. */
export function keyedNumbers(text: string): Map<string, number> {
  const found = text.matchAll(/^(\S+?):?\s+(\d+)/gm);
  return new Map([...found].map(([, key = "", value = ""]) => [key, Number(value)]));
}

interface Memory {
  timeMs: number;
  usageBytes: number;
  limitBytes: number | undefined;
  stat: Map<string, number>;
  names: { inactiveFile: string; rss: string; faults: string; majorFaults: string };
}

function memoryOf({ timeMs, usageBytes, limitBytes, stat, names }: Memory): MemorySample {
  const workingSetBytes = Math.max(0, usageBytes - (stat.get(names.inactiveFile) ?? 0));
  const isLimited = limitBytes !== undefined && limitBytes < NO_LIMIT;
  return {
    timeMs,
    usageBytes,
    workingSetBytes,
    availableBytes: isLimited ? Math.max(0, limitBytes - workingSetBytes) : undefined,
    rssBytes: stat.get(names.rss),
    pageFaults: stat.get(names.faults),
    majorPageFaults: stat.get(names.majorFaults),
  };
}

const V2_NAMES = { inactiveFile: "inactive_file", rss: "anon", faults: "pgfault", majorFaults: "pgmajfault" };
const V1_NAMES = {
  inactiveFile: "total_inactive_file",
  rss: "total_rss",
  faults: "total_pgfault",
  majorFaults: "total_pgmajfault",
};

async function unified(directory: string, timeMs: number): Promise<GroupFigures | undefined> {
  const [cpu, usageBytes, limitBytes, stat, processes] = await Promise.all([
    textOf(join(directory, "cpu.stat")),
    numberOf(join(directory, "memory.current")),
    numberOf(join(directory, "memory.max")),
    textOf(join(directory, "memory.stat")),
    numberOf(join(directory, "pids.current")),
  ]);
  if (cpu === undefined || usageBytes === undefined) return undefined;
  const memory = memoryOf({ timeMs, usageBytes, limitBytes, stat: keyedNumbers(stat ?? ""), names: V2_NAMES });
  return { timeMs, coreNanoSeconds: (keyedNumbers(cpu).get("usage_usec") ?? 0) * 1_000, memory, processes };
}

async function separate(mount: string, cgroup: string, timeMs: number): Promise<GroupFigures | undefined> {
  const of = (controller: string, file: string): string => join(mount, controller, cgroup, file);
  const [coreNanoSeconds, usageBytes, limitBytes, stat, processes] = await Promise.all([
    numberOf(of("cpuacct", "cpuacct.usage")),
    numberOf(of("memory", "memory.usage_in_bytes")),
    numberOf(of("memory", "memory.limit_in_bytes")),
    textOf(of("memory", "memory.stat")),
    numberOf(of("pids", "pids.current")),
  ]);
  if (coreNanoSeconds === undefined || usageBytes === undefined) return undefined;
  const memory = memoryOf({ timeMs, usageBytes, limitBytes, stat: keyedNumbers(stat ?? ""), names: V1_NAMES });
  return { timeMs, coreNanoSeconds, memory, processes };
}

const isUnified = async (mount: string): Promise<boolean> => (await textOf(join(mount, "cgroup.controllers"))) !== undefined;

/** Undefined where the cgroup is not there. */
export async function cgroupFigures(cgroup: string, timeMs: number, mount: string = MOUNT): Promise<GroupFigures | undefined> {
  return (await isUnified(mount)) ? unified(join(mount, cgroup), timeMs) : separate(mount, cgroup, timeMs);
}

/** Processes right in the cgroup, not below it. */
export async function cgroupProcesses(cgroup: string, mount: string = MOUNT): Promise<number[]> {
  const directory = (await isUnified(mount)) ? join(mount, cgroup) : join(mount, "memory", cgroup);
  const text = (await textOf(join(directory, "cgroup.procs"))) ?? "";
  return text.split("\n").filter(Boolean).map(Number);
}

/** The figures of a Linux machine, from /proc, its cgroups and its file systems: read when somebody asks. */
import { lstat, readdir, readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { GroupFigures, Machine, MachineFigures } from "../stats/machine.ts";
import type { FilesystemSample, InterfaceSample, NetworkSample, SwapSample } from "../stats/samples.ts";
import { cgroupFigures, cgroupProcesses, keyedNumbers } from "./cgroup-figures.ts";

/** Roots of the kernel's trees: tests have their own. */
export interface MachineRoots {
  proc: string;
  cgroups: string;
}

const ROOTS: MachineRoots = { proc: "/proc", cgroups: "/sys/fs/cgroup" };
/** Of `/proc/stat`, on every Linux that Node runs on. */
const TICK_NANOSECONDS = 10_000_000;
/** Entries of a tree that are counted; a volume with more is reported as at least that large. */
const MOST_ENTRIES = 200_000;
const BLOCK_BYTES = 512;

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

function memoryOf(meminfo: Map<string, number>, faults: Map<string, number>, timeMs: number): GroupFigures["memory"] {
  const bytes = (key: string): number => (meminfo.get(key) ?? 0) * 1024;
  const usageBytes = bytes("MemTotal") - bytes("MemFree");
  const workingSetBytes = Math.max(0, usageBytes - bytes("Inactive(file)"));
  return {
    timeMs,
    usageBytes,
    workingSetBytes,
    availableBytes: Math.max(0, bytes("MemTotal") - workingSetBytes),
    rssBytes: bytes("AnonPages"),
    pageFaults: faults.get("pgfault"),
    majorPageFaults: faults.get("pgmajfault"),
  };
}

function swapOf(meminfo: Map<string, number>, timeMs: number): SwapSample {
  const [total = 0, free = 0] = [meminfo.get("SwapTotal"), meminfo.get("SwapFree")];
  return { timeMs, usageBytes: (total - free) * 1024, availableBytes: free * 1024 };
}

/** All but the loopback. */
function interfacesOf(text: string): InterfaceSample[] {
  return text
    .split("\n")
    .map((line) => /^\s*(\S+?):\s*(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, name = "", rest = ""]) => ({ name, numbers: rest.trim().split(/\s+/).map(Number) }))
    .filter(({ name }) => name !== "lo")
    .map(({ name, numbers }) => ({
      name,
      receivedBytes: numbers[0] ?? 0,
      receiveErrors: numbers[2] ?? 0,
      sentBytes: numbers[8] ?? 0,
      sendErrors: numbers[10] ?? 0,
    }));
}

async function node(proc: string, timeMs: number): Promise<MachineFigures> {
  const [stat, meminfo, vmstat, devices, load, most] = await Promise.all(
    ["stat", "meminfo", "vmstat", "net/dev", "loadavg", "sys/kernel/pid_max"].map((name) => textOf(join(proc, name))),
  );
  const memory = keyedNumbers(meminfo ?? "");
  // user, nice, system, idle, iowait, irq, softirq, steal
  const ticks = (/^cpu\s+(.*)$/m.exec(stat ?? "")?.[1] ?? "").split(/\s+/).map(Number);
  const busy = ticks.slice(0, 8).reduce((sum, value, index) => (index === 3 || index === 4 ? sum : sum + value), 0);
  return {
    timeMs,
    bootedAtMs: Number(/^btime (\d+)/m.exec(stat ?? "")?.[1] ?? 0) * 1000,
    coreNanoSeconds: busy * TICK_NANOSECONDS,
    memory: memoryOf(memory, keyedNumbers(vmstat ?? ""), timeMs),
    swap: swapOf(memory, timeMs),
    network: { timeMs, interfaces: interfacesOf(devices ?? "") },
    processes: Number(/\d+\/(\d+)/.exec(load ?? "")?.[1] ?? 0),
    mostProcesses: Number.parseInt(most ?? "0", 10),
  };
}

async function self(clock: Clock): Promise<GroupFigures & { startedAtMs: number }> {
  const timeMs = clock.now();
  const { user, system } = process.cpuUsage();
  const bytes = process.memoryUsage.rss();
  const memory = { timeMs, usageBytes: bytes, workingSetBytes: bytes, rssBytes: bytes };
  return {
    timeMs,
    startedAtMs: timeMs - process.uptime() * 1000,
    coreNanoSeconds: (user + system) * 1_000,
    memory,
    processes: 1,
  };
}

async function filesystem(path: string, timeMs: number): Promise<FilesystemSample | undefined> {
  const found = await statfs(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const { bsize, blocks, bfree, bavail, files, ffree } = found;
  return {
    timeMs,
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  };
}

/** Files with several names count once. */
async function usage(path: string): Promise<{ bytes: number; inodes: number }> {
  const seen = new Set<number>();
  const left = [path];
  let bytes = 0;
  const device = (await lstat(path).catch(() => undefined))?.dev;
  for (let next = left.pop(); next !== undefined && seen.size < MOST_ENTRIES; next = left.pop()) {
    const found = await lstat(next).catch(() => undefined);
    if (found === undefined || seen.has(found.ino) || found.dev !== device) continue;
    seen.add(found.ino);
    bytes += found.blocks * BLOCK_BYTES;
    if (!found.isDirectory()) continue;
    const directory = next;
    left.push(...(await readdir(directory).catch(() => [])).map((name) => join(directory, name)));
  }
  return { bytes, inodes: seen.size };
}

/** A Pod's first process is its sandbox's, in a cgroup below the Pod's. */
async function network(cgroup: string, { proc, cgroups }: MachineRoots, timeMs: number): Promise<NetworkSample | undefined> {
  const controller = await readdir(join(cgroups, "memory", cgroup), { withFileTypes: true }).catch(() => undefined);
  const entries = controller ?? (await readdir(join(cgroups, cgroup), { withFileTypes: true }).catch(() => []));
  for (const entry of entries.filter((each) => each.isDirectory())) {
    const [pid] = await cgroupProcesses(join(cgroup, entry.name), cgroups);
    const text = pid === undefined ? "" : await textOf(join(proc, String(pid), "net/dev"));
    if (text !== "") return { timeMs, interfaces: interfacesOf(text) };
  }
  return undefined;
}

export const machineFigures = (clock: Clock, roots: MachineRoots = ROOTS): Machine => ({
  node: () => node(roots.proc, clock.now()),
  self: () => self(clock),
  group: (cgroup) => cgroupFigures(cgroup, clock.now(), roots.cgroups),
  network: (cgroup) => network(cgroup, roots, clock.now()),
  filesystem: (path) => filesystem(path, clock.now()),
  usage,
  names: (path) => readdir(path).catch(() => []),
});

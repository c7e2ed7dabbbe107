/** The machine as statistics see it; absent on simulated nodes. host/ implements it. */
import type { FilesystemSample, MemorySample, NetworkSample, SwapSample } from "./samples.ts";

/** What a group of processes has used. */
export interface GroupFigures {
  timeMs: number;
  coreNanoSeconds: number;
  memory: MemorySample;
  processes: number | undefined;
}

export interface MachineFigures extends GroupFigures {
  bootedAtMs: number;
  swap: SwapSample | undefined;
  network: NetworkSample;
  processes: number;
  mostProcesses: number;
}

export interface Machine {
  node(): Promise<MachineFigures>;
  /** The process that asks. */
  self(): Promise<GroupFigures & { startedAtMs: number }>;
  /** Of a cgroup (`/kubepods/burstable/pod…`); undefined where it is not there. */
  group(cgroup: string): Promise<GroupFigures | undefined>;
  /** Of the network that the processes of a cgroup are in; undefined where there are none. */
  network(cgroup: string): Promise<NetworkSample | undefined>;
  /** The file system that has `path`; undefined where nothing is there. */
  filesystem(path: string): Promise<FilesystemSample | undefined>;
  /** What a file or a tree takes; nothing where it is not there. Other file systems below it do not count. */
  usage(path: string): Promise<{ bytes: number; inodes: number }>;
  /** Names in a directory; none where it is not there. */
  names(path: string): Promise<readonly string[]>;
}

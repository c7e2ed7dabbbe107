/**
 * What a node, its Pods and their containers use at one moment: what the Summary API and the metrics are made of.
 *
 * Moments are milliseconds since the epoch, processor time is nanoseconds of one core, sizes are bytes. What is not known is
 * undefined, never 0.
 */

export interface CpuSample {
  timeMs: number;
  /** Since the start. */
  coreNanoSeconds: number;
  /** Cores in use of late, in billionths. */
  nanoCores: number;
}

export interface MemorySample {
  timeMs: number;
  usageBytes: number;
  /** What cannot be given back without being swapped out. */
  workingSetBytes: number;
  /** Up to the limit; undefined where there is none. */
  availableBytes?: number | undefined;
  rssBytes?: number | undefined;
  pageFaults?: number | undefined;
  majorPageFaults?: number | undefined;
}

export interface SwapSample {
  timeMs: number;
  usageBytes: number;
  availableBytes: number;
}

export interface FilesystemSample {
  timeMs: number;
  availableBytes: number;
  capacityBytes: number;
  usedBytes: number;
  inodesFree: number;
  inodes: number;
  inodesUsed: number;
}

export interface InterfaceSample {
  name: string;
  receivedBytes: number;
  receiveErrors: number;
  sentBytes: number;
  sendErrors: number;
}

export interface NetworkSample {
  timeMs: number;
  interfaces: readonly InterfaceSample[];
}

export interface ContainerSample {
  name: string;
  id: string;
  image: string;
  startedAtMs: number;
  cpu: CpuSample;
  memory: MemorySample;
  rootfs: FilesystemSample | undefined;
  logs: FilesystemSample | undefined;
}

export interface VolumeSample extends FilesystemSample {
  name: string;
  claim: { name: string; namespace: string } | undefined;
}

export interface PodSample {
  name: string;
  namespace: string;
  uid: string;
  startedAtMs: number;
  /** Path of its cgroup. */
  cgroup: string;
  sandboxId: string;
  containers: readonly ContainerSample[];
  cpu: CpuSample | undefined;
  memory: MemorySample | undefined;
  network: NetworkSample | undefined;
  volumes: readonly VolumeSample[];
  ephemeralStorage: FilesystemSample | undefined;
  processes: number | undefined;
}

/** Processes that are not Pods': `kubelet`, `pods` (all of them together). */
export interface SystemSample {
  name: string;
  startedAtMs: number;
  cpu: CpuSample;
  memory: MemorySample;
}

export interface NodeSample {
  name: string;
  /** When it was started. */
  startedAtMs: number;
  cpu: CpuSample;
  memory: MemorySample;
  swap: SwapSample | undefined;
  network: NetworkSample | undefined;
  root: FilesystemSample | undefined;
  images: FilesystemSample | undefined;
  system: readonly SystemSample[];
  processes: { timeMs: number; running: number; most: number } | undefined;
}

export interface StatsSample {
  node: NodeSample;
  pods: readonly PodSample[];
}

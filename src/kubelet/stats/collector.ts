/**
 * Looks at node, Pods and containers when somebody asks, and remembers the answer for a few seconds: a node of which nobody asks
 * pays nothing. Containers' figures are the runtime's, the machine's its kernel's; on a simulated node the containers are all there is.
 * https://kubernetes.io/docs/reference/instrumentation/node-metrics/
 */
import { quantityValue } from "../../api/quantity.ts";
import type { Clock } from "../../base/clock.ts";
import { expiringMap } from "../../base/expiring-map.ts";
import { cgroupParentOf } from "../config/qos.ts";
import { isOnHostNetwork, type ReadonlyPod } from "../pod/containers.ts";
import { LABELS } from "../pod/runtime-pod.ts";
import type { Container, ContainerStats, PodSandbox, Runtime } from "../runtime/runtime.ts";
import { createDiskUsage, type DiskUsage } from "./disk-usage.ts";
import type { Machine } from "./machine.ts";
import { createRates, type Rates } from "./rates.ts";
import type {
  ContainerSample,
  CpuSample,
  FilesystemSample,
  MemorySample,
  NodeSample,
  PodSample,
  StatsSample,
} from "./samples.ts";

export interface StatsOptions {
  nodeName: string;
  clock: Clock;
  runtime: Pick<Runtime, "listPodSandboxes" | "listContainers" | "listContainerStats" | "imageFsInfo">;
  /** Undefined on a simulated node. */
  machine: Machine | undefined;
  capacity: Readonly<Record<string, string>>;
  paths: { root: string; logs: string };
  cgroupRoot: string;
  pods(): readonly ReadonlyPod[];
}

export interface Stats {
  /** All of it. Rejects with RuntimeError where the runtime does not answer. */
  everything(): Promise<StatsSample>;
  /** Without file systems, volumes and networks: what autoscalers ask for, several times a minute. */
  cpuAndMemory(): Promise<StatsSample>;
}

const KEEP_MS = 5_000;

interface Collecting extends StatsOptions {
  rates: Rates;
  disk: DiskUsage;
  createdAtMs: number;
}

const memoryOf = (stats: ContainerStats): MemorySample => ({
  timeMs: stats.timestampMs,
  usageBytes: stats.memoryUsageBytes,
  workingSetBytes: stats.memoryWorkingSetBytes,
  availableBytes: stats.memoryAvailableBytes,
  rssBytes: stats.memoryRssBytes,
  pageFaults: stats.pageFaults,
  majorPageFaults: stats.majorPageFaults,
});

interface ContainerParts {
  pod: ReadonlyPod;
  container: Container;
  stats: ContainerStats;
  images: FilesystemSample | undefined;
}

async function containerSample(collecting: Collecting, parts: ContainerParts, whole: boolean): Promise<ContainerSample> {
  const { pod, container, stats, images } = parts;
  const { rates, disk } = collecting;
  const { name } = container.metadata;
  const all = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  const startedAt = all.find((status) => status.containerID?.endsWith(container.id))?.state?.running?.startedAt;
  const startedAtMs = startedAt === undefined ? container.createdAtMs : Date.parse(startedAt);
  const look = { timeMs: stats.timestampMs, coreNanoSeconds: stats.cpuUsageCoreNanoSeconds };
  const own = { usedBytes: stats.writableLayerUsedBytes, inodesUsed: stats.writableLayerInodesUsed };
  return {
    name,
    id: container.id,
    image: container.image,
    startedAtMs,
    cpu: rates(`container ${container.id}`, look, startedAtMs),
    memory: memoryOf(stats),
    rootfs: whole && images !== undefined ? { ...images, ...own } : undefined,
    logs: whole ? await disk.logs(pod, name) : undefined,
  };
}

const sum = <T>(all: readonly T[], value: (each: T) => number | undefined): number | undefined => {
  const known = all.map(value).filter((each) => each !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, each) => total + each, 0);
};

/** Of the Pod's cgroup where there is one, of its containers together otherwise. */
async function podUse(
  { machine, rates }: Collecting,
  uid: string,
  cgroup: string,
  startedAtMs: number,
  containers: readonly ContainerSample[],
): Promise<Pick<PodSample, "cpu" | "memory" | "processes">> {
  const group = await machine?.group(cgroup);
  if (group !== undefined)
    return { cpu: rates(`pod ${uid}`, group, startedAtMs), memory: group.memory, processes: group.processes };
  if (containers.length === 0) return { cpu: undefined, memory: undefined, processes: undefined };
  const timeMs = Math.max(...containers.map(({ cpu }) => cpu.timeMs));
  return {
    cpu: cpuTogether(containers, timeMs),
    memory: {
      timeMs,
      usageBytes: sum(containers, ({ memory }) => memory.usageBytes) ?? 0,
      workingSetBytes: sum(containers, ({ memory }) => memory.workingSetBytes) ?? 0,
      rssBytes: sum(containers, ({ memory }) => memory.rssBytes),
      pageFaults: sum(containers, ({ memory }) => memory.pageFaults),
      majorPageFaults: sum(containers, ({ memory }) => memory.majorPageFaults),
    },
    processes: undefined,
  };
}

const cpuTogether = (all: readonly { cpu: CpuSample }[], timeMs: number): CpuSample => ({
  timeMs,
  coreNanoSeconds: sum(all, ({ cpu }) => cpu.coreNanoSeconds) ?? 0,
  nanoCores: sum(all, ({ cpu }) => cpu.nanoCores) ?? 0,
});

interface Found {
  sandboxes: readonly PodSandbox[];
  containers: readonly Container[];
  stats: ReadonlyMap<string, ContainerStats>;
}

async function found({ runtime }: Collecting): Promise<Found> {
  const [sandboxes, containers, stats] = await Promise.all([
    runtime.listPodSandboxes({ state: "Ready" }),
    runtime.listContainers({ state: "Running" }),
    runtime.listContainerStats(),
  ]);
  return { sandboxes, containers, stats: new Map(stats.map((each) => [each.id, each])) };
}

async function podSample(
  collecting: Collecting,
  pod: ReadonlyPod,
  sandbox: PodSandbox,
  { containers, stats }: Found,
  images: FilesystemSample | undefined,
  whole: boolean,
): Promise<PodSample> {
  const { machine, disk, cgroupRoot } = collecting;
  const { name, namespace, uid } = pod.metadata;
  const own = containers.filter(({ podSandboxId }) => podSandboxId === sandbox.id);
  const samples: ContainerSample[] = [];
  for (const container of own) {
    const figures = stats.get(container.id);
    const parts = figures && { pod, container, stats: figures, images };
    if (parts !== undefined) samples.push(await containerSample(collecting, parts, whole));
  }
  const cgroup = cgroupParentOf(pod, cgroupRoot);
  const startedAtMs = pod.status.startTime === undefined ? sandbox.createdAtMs : Date.parse(pod.status.startTime);
  const volumes = whole ? await disk.volumes(pod) : [];
  return {
    name,
    namespace,
    uid,
    startedAtMs,
    cgroup,
    sandboxId: sandbox.id,
    containers: samples,
    ...(await podUse(collecting, uid, cgroup, startedAtMs, samples)),
    network: whole && !isOnHostNetwork(pod) ? await machine?.network(cgroup) : undefined,
    volumes,
    ephemeralStorage: whole ? disk.ephemeral(pod, samples, volumes) : undefined,
  };
}

/** A simulated node has what its capacity says. */
function simulatedNode({ nodeName, capacity, clock, createdAtMs }: Collecting, pods: readonly PodSample[]): NodeSample {
  const timeMs = clock.now();
  const memoryBytes = quantityValue(capacity.memory ?? "0");
  const diskBytes = quantityValue(capacity["ephemeral-storage"] ?? "0");
  const cpus = pods.flatMap(({ cpu }) => (cpu === undefined ? [] : [{ cpu }]));
  const workingSetBytes = sum(pods, ({ memory }) => memory?.workingSetBytes) ?? 0;
  const root = {
    timeMs,
    capacityBytes: diskBytes,
    availableBytes: diskBytes,
    usedBytes: 0,
    inodes: 0,
    inodesFree: 0,
    inodesUsed: 0,
  };
  return {
    name: nodeName,
    startedAtMs: createdAtMs,
    cpu: cpuTogether(cpus, timeMs),
    memory: {
      timeMs,
      usageBytes: sum(pods, ({ memory }) => memory?.usageBytes) ?? 0,
      workingSetBytes,
      availableBytes: Math.max(0, memoryBytes - workingSetBytes),
    },
    swap: undefined,
    network: undefined,
    root,
    images: root,
    system: [],
    processes: undefined,
  };
}

async function realNode(collecting: Collecting, machine: Machine, images: FilesystemSample | undefined, whole: boolean) {
  const { nodeName, rates, cgroupRoot, paths } = collecting;
  const [node, self, pods, root] = await Promise.all([
    machine.node(),
    machine.self(),
    machine.group(cgroupRoot),
    whole ? machine.filesystem(paths.root) : undefined,
  ]);
  const kubelet = {
    name: "kubelet",
    startedAtMs: self.startedAtMs,
    cpu: rates("kubelet", self, self.startedAtMs),
    memory: self.memory,
  };
  const startedAtMs = collecting.createdAtMs;
  const together = pods && { name: "pods", startedAtMs, cpu: rates("pods", pods, startedAtMs), memory: pods.memory };
  return {
    name: nodeName,
    startedAtMs: node.bootedAtMs,
    cpu: rates("node", node, node.bootedAtMs),
    memory: node.memory,
    swap: node.swap,
    network: whole ? node.network : undefined,
    root,
    images,
    system: [kubelet, ...(together === undefined ? [] : [together])],
    processes: whole ? { timeMs: node.timeMs, running: node.processes, most: node.mostProcesses } : undefined,
  } satisfies NodeSample;
}

/** The file system of images: what there is of it by the machine, what images take of it by the runtime. */
async function imageFilesystem({ machine, runtime }: Collecting): Promise<FilesystemSample | undefined> {
  if (machine === undefined) return undefined;
  const { imageFilesystems } = await runtime.imageFsInfo();
  const [first] = imageFilesystems;
  const whole = first && (await machine.filesystem(first.mountpoint));
  if (first === undefined || whole === undefined) return undefined;
  return { ...whole, usedBytes: first.usedBytes, inodesUsed: first.inodesUsed };
}

async function collect(collecting: Collecting, whole: boolean): Promise<StatsSample> {
  const { machine } = collecting;
  const [all, images] = await Promise.all([found(collecting), whole ? imageFilesystem(collecting) : undefined]);
  const byUid = new Map(all.sandboxes.map((sandbox) => [sandbox.labels[LABELS.podUid], sandbox]));
  const pods: PodSample[] = [];
  for (const pod of collecting.pods()) {
    const sandbox = byUid.get(pod.metadata.uid);
    if (sandbox !== undefined) pods.push(await podSample(collecting, pod, sandbox, all, images, whole));
  }
  const node = machine === undefined ? simulatedNode(collecting, pods) : await realNode(collecting, machine, images, whole);
  return { node, pods };
}

export function createStats(options: StatsOptions): Stats {
  const collecting = { ...options, rates: createRates(), disk: createDiskUsage(options), createdAtMs: options.clock.now() };
  const samples = expiringMap<StatsSample>({ clock: options.clock, limit: 2, keepMs: () => KEEP_MS });
  return {
    everything: () => samples.get("everything", () => collect(collecting, true)),
    cpuAndMemory: () => samples.get("cpu and memory", () => collect(collecting, false)),
  };
}

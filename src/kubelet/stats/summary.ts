/**
 * The Summary API's answer (stats/v1alpha1), from samples. Pure.
 * https://kubernetes.io/docs/reference/instrumentation/node-metrics/#summary-api-source
 */
import { formatTime } from "../../api/time.ts";
import type {
  ContainerSample,
  CpuSample,
  FilesystemSample,
  InterfaceSample,
  MemorySample,
  NetworkSample,
  NodeSample,
  PodSample,
  StatsSample,
  SystemSample,
} from "./samples.ts";

/** Names and order are the API's; undefined fields are left out by JSON. */
type Fields = Record<string, unknown>;

const cpu = ({ timeMs, nanoCores, coreNanoSeconds }: CpuSample): Fields => ({
  time: formatTime(timeMs),
  usageNanoCores: nanoCores,
  usageCoreNanoSeconds: coreNanoSeconds,
});

const memory = (sample: MemorySample): Fields => ({
  time: formatTime(sample.timeMs),
  availableBytes: sample.availableBytes,
  usageBytes: sample.usageBytes,
  workingSetBytes: sample.workingSetBytes,
  rssBytes: sample.rssBytes,
  pageFaults: sample.pageFaults,
  majorPageFaults: sample.majorPageFaults,
});

const filesystem = ({ timeMs, ...sample }: FilesystemSample): Fields => ({
  time: formatTime(timeMs),
  availableBytes: sample.availableBytes,
  capacityBytes: sample.capacityBytes,
  usedBytes: sample.usedBytes,
  inodesFree: sample.inodesFree,
  inodes: sample.inodes,
  inodesUsed: sample.inodesUsed,
});

const device = ({ name, receivedBytes, receiveErrors, sentBytes, sendErrors }: InterfaceSample): Fields => ({
  name,
  rxBytes: receivedBytes,
  rxErrors: receiveErrors,
  txBytes: sentBytes,
  txErrors: sendErrors,
});

/** What upstream takes for the main one. */
const MAIN_INTERFACE = "eth0";

function network({ timeMs, interfaces }: NetworkSample): Fields {
  const main = interfaces.find(({ name }) => name === MAIN_INTERFACE);
  return { time: formatTime(timeMs), ...(main === undefined ? { name: "" } : device(main)), interfaces: interfaces.map(device) };
}

const container = (sample: ContainerSample): Fields => ({
  name: sample.name,
  startTime: formatTime(sample.startedAtMs),
  cpu: cpu(sample.cpu),
  memory: memory(sample.memory),
  rootfs: sample.rootfs && filesystem(sample.rootfs),
  logs: sample.logs && filesystem(sample.logs),
});

const pod = (sample: PodSample): Fields => ({
  podRef: { name: sample.name, namespace: sample.namespace, uid: sample.uid },
  startTime: formatTime(sample.startedAtMs),
  containers: sample.containers.map(container),
  cpu: sample.cpu && cpu(sample.cpu),
  memory: sample.memory && memory(sample.memory),
  network: sample.network && network(sample.network),
  volume:
    sample.volumes.length === 0
      ? undefined
      : sample.volumes.map((each) => ({
          ...filesystem({ ...each }),
          name: each.name,
          pvcRef: each.claim,
        })),
  "ephemeral-storage": sample.ephemeralStorage && filesystem(sample.ephemeralStorage),
  process_stats: sample.processes === undefined ? undefined : { process_count: sample.processes },
});

const system = (sample: SystemSample): Fields => ({
  name: sample.name,
  startTime: formatTime(sample.startedAtMs),
  cpu: cpu(sample.cpu),
  memory: memory(sample.memory),
});

const node = (sample: NodeSample): Fields => ({
  nodeName: sample.name,
  systemContainers: sample.system.length === 0 ? undefined : sample.system.map(system),
  startTime: formatTime(sample.startedAtMs),
  cpu: cpu(sample.cpu),
  memory: memory(sample.memory),
  network: sample.network && network(sample.network),
  fs: sample.root && filesystem(sample.root),
  runtime: sample.images && { imageFs: filesystem(sample.images), containerFs: filesystem(sample.images) },
  rlimit: sample.processes && {
    time: formatTime(sample.processes.timeMs),
    maxpid: sample.processes.most,
    curproc: sample.processes.running,
  },
  swap: sample.swap && {
    time: formatTime(sample.swap.timeMs),
    swapAvailableBytes: sample.swap.availableBytes,
    swapUsageBytes: sample.swap.usageBytes,
  },
});

export const summaryOf = (sample: StatsSample): Fields => ({ node: node(sample.node), pods: sample.pods.map(pod) });

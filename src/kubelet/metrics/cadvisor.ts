/**
 * /metrics/cadvisor: the figures of node, Pods and containers under cAdvisor's names. Pure.
 * https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
 */
import type { Sample, SampleFamily } from "../../telemetry/index.ts";
import type { ContainerSample, InterfaceSample, NetworkSample, StatsSample } from "../stats/samples.ts";

type Labels = Readonly<Record<string, string>>;

/** One thing with a cgroup of its own: the node, a Pod, a container. */
interface Group {
  labels: Labels;
  startedAtMs: number;
  cpu: ContainerSample["cpu"] | undefined;
  memory: ContainerSample["memory"] | undefined;
  filesystem: ContainerSample["rootfs"];
  network: NetworkSample | undefined;
  processes: number | undefined;
}

function groupsOf({ node, pods }: StatsSample): Group[] {
  const labels = (
    id: string,
    more: Partial<Record<"name" | "image" | "pod" | "namespace" | "container", string>> = {},
  ): Labels => ({
    container: more.container ?? "",
    id,
    image: more.image ?? "",
    name: more.name ?? "",
    namespace: more.namespace ?? "",
    pod: more.pod ?? "",
  });
  const root: Group = { ...node, labels: labels("/"), filesystem: node.root, processes: node.processes?.running };
  const ofPods = pods.flatMap((pod): Group[] => {
    const own = { pod: pod.name, namespace: pod.namespace };
    const containers = pod.containers.map(
      (container): Group => ({
        labels: labels(`${pod.cgroup}/${container.id}`, {
          ...own,
          name: container.id,
          image: container.image,
          container: container.name,
        }),
        startedAtMs: container.startedAtMs,
        cpu: container.cpu,
        memory: container.memory,
        filesystem: container.rootfs,
        network: undefined,
        processes: undefined,
      }),
    );
    return [{ ...pod, labels: labels(pod.cgroup, own), filesystem: undefined, processes: pod.processes }, ...containers];
  });
  return [root, ...ofPods];
}

type Filesystem = NonNullable<Group["filesystem"]>;
type Memory = NonNullable<Group["memory"]>;
type Figures = (group: Group, timeMs: number) => readonly Sample[];

interface Row {
  name: string;
  type: SampleFamily["type"];
  help: string;
  figures: Figures;
}

const gauge = (name: string, help: string, figures: Figures): Row => ({ name, type: "gauge", help, figures });
const counter = (name: string, help: string, figures: Figures): Row => ({ name, type: "counter", help, figures });

const ofMemory =
  (value: (memory: Memory) => number | undefined): Figures =>
  ({ labels, memory }) => {
    const found = memory && value(memory);
    return memory === undefined || found === undefined ? [] : [{ labels, value: found, timeMs: memory.timeMs }];
  };

const ofFilesystem =
  (value: (filesystem: Filesystem) => number): Figures =>
  ({ labels, filesystem }) =>
    filesystem === undefined ? [] : [{ labels: { device: "", ...labels }, value: value(filesystem), timeMs: filesystem.timeMs }];

const ofInterfaces =
  (value: (of: InterfaceSample) => number): Figures =>
  ({ labels, network }) =>
    network === undefined
      ? []
      : network.interfaces.map((each) => ({
          labels: { ...labels, interface: each.name },
          value: value(each),
          timeMs: network.timeMs,
        }));

const ROWS: readonly Row[] = [
  counter("container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.", ({ labels, cpu }) =>
    cpu === undefined ? [] : [{ labels: { ...labels, cpu: "total" }, value: cpu.coreNanoSeconds / 1e9, timeMs: cpu.timeMs }],
  ),
  gauge(
    "container_memory_usage_bytes",
    "Current memory usage in bytes, including all memory regardless of when it was accessed",
    ofMemory((memory) => memory.usageBytes),
  ),
  gauge(
    "container_memory_working_set_bytes",
    "Current working set in bytes.",
    ofMemory((memory) => memory.workingSetBytes),
  ),
  gauge(
    "container_memory_rss",
    "Size of RSS in bytes.",
    ofMemory((memory) => memory.rssBytes),
  ),
  gauge(
    "container_fs_usage_bytes",
    "Number of bytes that are consumed by the container on this filesystem.",
    ofFilesystem(({ usedBytes }) => usedBytes),
  ),
  gauge(
    "container_fs_limit_bytes",
    "Number of bytes that can be consumed by the container on this filesystem.",
    ofFilesystem(({ capacityBytes }) => capacityBytes),
  ),
  gauge(
    "container_fs_inodes_free",
    "Number of available Inodes",
    ofFilesystem(({ inodesFree }) => inodesFree),
  ),
  counter(
    "container_network_receive_bytes_total",
    "Cumulative count of bytes received",
    ofInterfaces(({ receivedBytes }) => receivedBytes),
  ),
  counter(
    "container_network_receive_errors_total",
    "Cumulative count of errors encountered while receiving",
    ofInterfaces(({ receiveErrors }) => receiveErrors),
  ),
  counter(
    "container_network_transmit_bytes_total",
    "Cumulative count of bytes transmitted",
    ofInterfaces(({ sentBytes }) => sentBytes),
  ),
  counter(
    "container_network_transmit_errors_total",
    "Cumulative count of errors encountered while transmitting",
    ofInterfaces(({ sendErrors }) => sendErrors),
  ),
  gauge("container_processes", "Number of processes running inside the container.", ({ labels, processes }, timeMs) =>
    processes === undefined ? [] : [{ labels, value: processes, timeMs }],
  ),
  gauge(
    "container_start_time_seconds",
    "Start time of the container since unix epoch in seconds.",
    ({ labels, startedAtMs }, timeMs) => [{ labels, value: Math.floor(startedAtMs / 1000), timeMs }],
  ),
  gauge("container_last_seen", "Last time a container was seen by the exporter", ({ labels }, timeMs) => [
    { labels, value: Math.floor(timeMs / 1000), timeMs },
  ]),
];

export function cadvisorMetrics(
  stats: StatsSample,
  machine: { cores: number; memoryBytes: number; timeMs: number },
): SampleFamily[] {
  const groups = groupsOf(stats);
  const single = (name: string, help: string, value: number): SampleFamily => ({
    name,
    help,
    type: "gauge",
    samples: [{ value }],
  });
  return [
    ...ROWS.map(({ figures, ...row }) => ({ ...row, samples: groups.flatMap((group) => figures(group, machine.timeMs)) })),
    single("machine_cpu_cores", "Number of logical CPU cores.", machine.cores),
    single("machine_memory_bytes", "Amount of memory installed on the machine.", machine.memoryBytes),
  ];
}

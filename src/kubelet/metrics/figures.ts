/**
 * Metrics that are read when somebody asks: /metrics/resource, from the samples of stats/, and how many Pods and containers there
 * are. Pure.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import type { Sample, SampleFamily } from "../../telemetry/index.ts";
import type { ContainerSample, PodSample, StatsSample } from "../stats/samples.ts";

const NANO = 1e9;

type Type = SampleFamily["type"];
type Labels = Readonly<Record<string, string>>;

const family = (name: string, type: Type, help: string, samples: readonly (Sample | undefined)[]): SampleFamily => ({
  name,
  help,
  type,
  samples: samples.filter((each) => each !== undefined),
});

const seconds = (nanoSeconds: number): number => nanoSeconds / NANO;

/** Undefined where the value is. */
const maybe = (labels: Labels, value: number | undefined, timeMs?: number): Sample | undefined =>
  value === undefined ? undefined : { labels, value, ...(timeMs === undefined ? {} : { timeMs }) };

type OfContainer = { pod: PodSample; container: ContainerSample };

const containersOf = ({ pods }: StatsSample): OfContainer[] =>
  pods.flatMap((pod) => pod.containers.map((container) => ({ pod, container })));

/** Undefined: the samples could not be taken. */
export function resourceMetrics(stats: StatsSample | undefined): SampleFamily[] {
  const failed = [{ value: stats === undefined ? 1 : 0 }];
  const errors = ["resource_scrape_error", "scrape_error"].map((name) =>
    family(name, "gauge", "1 if there was an error while getting container metrics, 0 otherwise", failed),
  );
  if (stats === undefined) return errors;
  const { node, pods } = stats;
  const containers = containersOf(stats);
  const labels = ({ pod, container }: OfContainer): Labels => ({
    container: container.name,
    namespace: pod.namespace,
    pod: pod.name,
  });
  const ofPod = ({ namespace, name }: PodSample): Labels => ({ namespace, pod: name });
  const cpu = "Cumulative cpu time consumed by the";
  const memory = "Current working set of the";
  return [
    family(
      "container_cpu_usage_seconds_total",
      "counter",
      `${cpu} container in core-seconds`,
      containers.map((each) => maybe(labels(each), seconds(each.container.cpu.coreNanoSeconds), each.container.cpu.timeMs)),
    ),
    family(
      "container_memory_working_set_bytes",
      "gauge",
      `${memory} container in bytes`,
      containers.map((each) => maybe(labels(each), each.container.memory.workingSetBytes, each.container.memory.timeMs)),
    ),
    family(
      "container_start_time_seconds",
      "gauge",
      "Start time of the container since unix epoch in seconds",
      containers.map((each) => maybe(labels(each), each.container.startedAtMs / 1000)),
    ),
    family("node_cpu_usage_seconds_total", "counter", `${cpu} node in core-seconds`, [
      maybe({}, seconds(node.cpu.coreNanoSeconds), node.cpu.timeMs),
    ]),
    family("node_memory_working_set_bytes", "gauge", `${memory} node in bytes`, [
      maybe({}, node.memory.workingSetBytes, node.memory.timeMs),
    ]),
    family("node_swap_usage_bytes", "gauge", "Current swap usage of the node in bytes.", [
      maybe({}, node.swap?.usageBytes, node.swap?.timeMs),
    ]),
    family(
      "pod_cpu_usage_seconds_total",
      "counter",
      `${cpu} pod in core-seconds`,
      pods.map((pod) => pod.cpu && maybe(ofPod(pod), seconds(pod.cpu.coreNanoSeconds), pod.cpu.timeMs)),
    ),
    family(
      "pod_memory_working_set_bytes",
      "gauge",
      `${memory} pod in bytes`,
      pods.map((pod) => pod.memory && maybe(ofPod(pod), pod.memory.workingSetBytes, pod.memory.timeMs)),
    ),
    ...errors,
  ];
}

export interface Census {
  nodeName: string;
  runningPods: number;
  /** By state, in the runtime's words in lower case. */
  containers: Readonly<Record<string, number>>;
  desiredPods: number;
  activePods: number;
  cgroupVersion: number;
}

export const censusMetrics = (census: Census): SampleFamily[] => [
  family("kubelet_node_name", "gauge", "The node's name. The count is always 1.", [maybe({ node: census.nodeName }, 1)]),
  family("kubelet_running_pods", "gauge", "Number of Pods that have a running sandbox.", [maybe({}, census.runningPods)]),
  family(
    "kubelet_running_containers",
    "gauge",
    "Number of containers by state.",
    Object.entries(census.containers).map(([state, count]) => maybe({ container_state: state }, count)),
  ),
  family("kubelet_desired_pods", "gauge", "Pods that the kubelet is told to run.", [maybe({ static: "" }, census.desiredPods)]),
  family("kubelet_active_pods", "gauge", "Pods that take part in what is admitted.", [maybe({ static: "" }, census.activePods)]),
  family("kubelet_cgroup_version", "gauge", "The version of cgroups on the node.", [maybe({}, census.cgroupVersion)]),
];

/**
 * What a kubelet counts as things happen, under upstream's names. What can be read when somebody asks is in figures.ts instead.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import { metricsRegistry, type Registry } from "../../telemetry/index.ts";
import type { ContainerKind } from "../pod/containers.ts";
import type { ProbeKind } from "../probes/prober.ts";

/** One probe that was carried out. */
export interface ProbeSample {
  kind: ProbeKind;
  result: "successful" | "failed" | "unknown";
  container: string;
  pod: string;
  namespace: string;
  uid: string;
  durationMs: number;
}

export interface KubeletMetrics {
  /** A call to the runtime has ended; `name` as upstream calls it. */
  operation(name: string, durationMs: number, failed: boolean): void;
  containerStarted(kind: ContainerKind): void;
  containerFailedToStart(kind: ContainerKind, code: string): void;
  /** All containers of a Pod that was seen, and made, so long ago run. */
  podRuns(sinceSeenMs: number, sinceCreatedMs: number): void;
  probe(sample: ProbeSample): void;
  imageCollected(reason: string): void;
  /** What was counted by Pod goes with it. */
  forgetPod(uid: string): void;
  /** Served at /metrics, and at /metrics/probes. */
  readonly registry: Registry;
  readonly probes: Registry;
}

const OPERATION_SECONDS = Array.from({ length: 14 }, (_, index) => Number((0.005 * 2.5 ** index).toPrecision(12)));
const START_SECONDS = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];
const DEFAULT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const KINDS: Record<ContainerKind, string> = { init: "init_container", app: "container", ephemeral: "ephemeral_container" };
const PROBES: Record<ProbeKind, string> = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" };
const RUN_POD = "run_podsandbox";

function operations(registry: Registry): Pick<KubeletMetrics, "operation"> {
  const labels = ["operation_type"];
  const total = registry.counter({
    name: "kubelet_runtime_operations_total",
    help: "Calls to the container runtime by operation type.",
    labels,
  });
  const errors = registry.counter({
    name: "kubelet_runtime_operations_errors_total",
    help: "Failed calls to the container runtime by operation type.",
    labels,
  });
  const seconds = registry.histogram({
    name: "kubelet_runtime_operations_duration_seconds",
    help: "Duration in seconds of calls to the container runtime by operation type.",
    labels,
    bounds: OPERATION_SECONDS,
  });
  const pods = registry.counter({ name: "kubelet_started_pods_total", help: "Pods that were started." });
  const failedPods = registry.counter({ name: "kubelet_started_pods_errors_total", help: "Pods that could not be started." });
  return {
    operation(name, durationMs, failed) {
      total.with(name).add();
      seconds.with(name).observe(durationMs / 1000);
      if (failed) errors.with(name).add();
      if (name !== RUN_POD) return;
      pods.with().add();
      if (failed) failedPods.with().add();
    },
  };
}

function starts(
  registry: Registry,
): Pick<KubeletMetrics, "containerStarted" | "containerFailedToStart" | "podRuns" | "imageCollected"> {
  const containers = registry.counter({
    name: "kubelet_started_containers_total",
    help: "Containers that were started.",
    labels: ["container_type"],
  });
  const failed = registry.counter({
    name: "kubelet_started_containers_errors_total",
    help: "Containers that could not be started, by reason.",
    labels: ["container_type", "code"],
  });
  const seen = registry.histogram({
    name: "kubelet_pod_start_duration_seconds",
    help: "Seconds from the moment a Pod is seen to the moment it runs.",
    bounds: START_SECONDS,
  });
  const created = registry.histogram({
    name: "kubelet_pod_start_total_duration_seconds",
    help: "Seconds from the moment a Pod is made to the moment it runs.",
    bounds: START_SECONDS,
  });
  const images = registry.counter({
    name: "kubelet_image_garbage_collected_total",
    help: "Images that were removed to make room, or for their age.",
    labels: ["reason"],
  });
  return {
    containerStarted: (kind) => containers.with(KINDS[kind]).add(),
    containerFailedToStart: (kind, code) => failed.with(KINDS[kind], code).add(),
    podRuns(sinceSeenMs, sinceCreatedMs) {
      seen.with().observe(sinceSeenMs / 1000);
      created.with().observe(sinceCreatedMs / 1000);
    },
    imageCollected: (reason) => images.with(reason).add(),
  };
}

function probing(registry: Registry): Pick<KubeletMetrics, "probe" | "forgetPod"> {
  const total = registry.counter({
    name: "prober_probe_total",
    help: "Liveness, readiness and startup probes of a container by result.",
    labels: ["probe_type", "result", "container", "pod", "namespace", "pod_uid"],
  });
  const seconds = registry.histogram({
    name: "prober_probe_duration_seconds",
    help: "Seconds that a probe takes.",
    labels: ["probe_type", "container", "pod", "namespace"],
    bounds: DEFAULT_SECONDS,
  });
  /** By Pod: how its series are taken away. */
  const ofPod = new Map<string, Map<string, () => void>>();
  return {
    probe({ kind, result, container, pod, namespace, uid, durationMs }) {
      const values = [PROBES[kind], result, container, pod, namespace, uid];
      const times = [PROBES[kind], container, pod, namespace];
      total.with(...values).add();
      if (result === "successful") seconds.with(...times).observe(durationMs / 1000);
      const own = ofPod.get(uid) ?? new Map<string, () => void>();
      ofPod.set(uid, own);
      own.set(`${kind} ${result} ${container}`, () => {
        total.remove(...values);
        seconds.remove(...times);
      });
    },
    forgetPod(uid) {
      for (const remove of ofPod.get(uid)?.values() ?? []) remove();
      ofPod.delete(uid);
    },
  };
}

export function kubeletMetrics(): KubeletMetrics {
  const registry = metricsRegistry();
  const probes = metricsRegistry();
  return { registry, probes, ...operations(registry), ...starts(registry), ...probing(probes) };
}

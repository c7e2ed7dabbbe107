/** Runtime and prober, with every call counted. */
import type { Clock } from "../../base/clock.ts";
import type { ProbeOutcome, Prober } from "../probes/prober.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { KubeletMetrics, ProbeSample } from "./kubelet-metrics.ts";

/** Upstream's names of the calls. Those that are not here are not counted: events last as long as the kubelet. */
const OPERATIONS = {
  version: "version",
  status: "status",
  updateRuntimeConfig: "update_runtime_config",
  runPodSandbox: "run_podsandbox",
  stopPodSandbox: "stop_podsandbox",
  removePodSandbox: "remove_podsandbox",
  podSandboxStatus: "podsandbox_status",
  listPodSandboxes: "list_podsandbox",
  createContainer: "create_container",
  startContainer: "start_container",
  stopContainer: "stop_container",
  removeContainer: "remove_container",
  listContainers: "list_containers",
  containerStatus: "container_status",
  updateContainerResources: "update_container",
  reopenContainerLog: "reopen_container_log",
  execSync: "exec_sync",
  exec: "exec",
  attach: "attach",
  portForward: "port_forward",
  containerStats: "container_stats",
  listContainerStats: "list_container_stats",
  imageStatus: "image_status",
  listImages: "list_images",
  pullImage: "pull_image",
  removeImage: "remove_image",
  imageFsInfo: "image_fs_info",
} as const satisfies Partial<Record<keyof Runtime, string>>;

type Call = (...args: unknown[]) => Promise<unknown>;

export function measuredRuntime<R extends Runtime>(runtime: R, metrics: KubeletMetrics, clock: Clock): R {
  const measured = { ...runtime } as unknown as Record<string, unknown>;
  for (const [method, operation] of Object.entries(OPERATIONS)) {
    const call = runtime[method as keyof typeof OPERATIONS] as unknown as Call;
    measured[method] = async (...args: unknown[]): Promise<unknown> => {
      const startMs = clock.monotonic();
      try {
        const answer = await call.apply(runtime, args);
        metrics.operation(operation, clock.monotonic() - startMs, false);
        return answer;
      } catch (error) {
        metrics.operation(operation, clock.monotonic() - startMs, true);
        throw error;
      }
    };
  }
  return measured as unknown as R;
}

const RESULTS: Record<ProbeOutcome["result"], ProbeSample["result"]> = {
  success: "successful",
  failure: "failed",
  error: "unknown",
};

export const measuredProber = (prober: Prober, metrics: KubeletMetrics, clock: Clock): Prober => ({
  async probe(request) {
    const startMs = clock.monotonic();
    const outcome = await prober.probe(request);
    const { name: pod, namespace, uid } = request.pod.metadata;
    metrics.probe({
      kind: request.kind,
      result: RESULTS[outcome.result],
      container: request.container.name,
      pod,
      namespace,
      uid,
      durationMs: clock.monotonic() - startMs,
    });
    return outcome;
  },
});

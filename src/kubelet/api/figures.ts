/** What node, Pods and containers use, for people (/stats/summary) and for Prometheus (/metrics and below). */
import { quantityMilliValue, quantityValue } from "../../api/quantity.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { expose, exposeSamples, METRICS_CONTENT_TYPE } from "../../telemetry/index.ts";
import { cadvisorMetrics } from "../metrics/cadvisor.ts";
import { censusMetrics, resourceMetrics } from "../metrics/figures.ts";
import type { KubeletMetrics } from "../metrics/kubelet-metrics.ts";
import type { PodWorker } from "../pod/worker.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import type { Stats } from "../stats/collector.ts";
import { summaryOf } from "../stats/summary.ts";
import { json, pageNotFound, text } from "./answers.ts";

export interface FigureSources {
  nodeName: string;
  capacity: Readonly<Record<string, string>>;
  cgroupVersion: 1 | 2;
  runtime: Pick<RuntimeService, "listPodSandboxes" | "listContainers">;
  workers: ReadonlyMap<string, PodWorker>;
  stats: Stats;
  metrics: KubeletMetrics;
}

const exposition = (body: string): HttpResponse => text(200, body, METRICS_CONTENT_TYPE);

/** `/stats/summary`; `?only_cpu_and_memory=true` leaves out what takes a look at disks and networks. */
export async function stats(
  { stats: source }: FigureSources,
  { query }: HttpRequest,
  parts: readonly string[],
): Promise<HttpResponse> {
  if (parts.length !== 1 || parts[0] !== "summary") return pageNotFound();
  const only = new URLSearchParams(query).getAll("only_cpu_and_memory");
  try {
    const sample = await (only.length === 1 && only[0] === "true" ? source.cpuAndMemory() : source.everything());
    return json(summaryOf(sample));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return text(500, `Internal Error: failed to list pod stats: ${why}`);
  }
}

async function census({ nodeName, cgroupVersion, runtime, workers }: FigureSources) {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes({ state: "Ready" }), runtime.listContainers()]);
  const states: Record<string, number> = {};
  for (const { state } of containers) states[state.toLowerCase()] = (states[state.toLowerCase()] ?? 0) + 1;
  return censusMetrics({
    nodeName,
    cgroupVersion,
    runningPods: sandboxes.length,
    containers: states,
    desiredPods: workers.size,
    activePods: [...workers.values()].filter(({ isActive }) => isActive).length,
  });
}

/** `/metrics`, and its parts `cadvisor`, `resource`, `probes`. */
export async function metrics(sources: FigureSources, _request: HttpRequest, parts: readonly string[]): Promise<HttpResponse> {
  const { capacity, metrics: counted, stats: source } = sources;
  if (parts.length > 1) return pageNotFound();
  switch (parts[0] ?? "") {
    case "":
      return exposition(`${expose(counted.registry)}${exposeSamples(await census(sources))}`);
    case "probes":
      return exposition(expose(counted.probes));
    case "resource":
      return exposition(exposeSamples(resourceMetrics(await source.cpuAndMemory().catch(() => undefined))));
    case "cadvisor": {
      const sample = await source.everything();
      const cores = quantityMilliValue(capacity.cpu ?? "0") / 1000;
      const memoryBytes = quantityValue(capacity.memory ?? "0");
      return exposition(exposeSamples(cadvisorMetrics(sample, { cores, memoryBytes, timeMs: sample.node.cpu.timeMs })));
    }
    default:
      return pageNotFound();
  }
}

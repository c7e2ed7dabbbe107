/** How a HorizontalPodAutoscaler is printed: each metric as current value and target. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/autoscaling-v2.ts";
import type { Cell } from "../row.ts";
import { ageOf, NONE, UNKNOWN, UNSET } from "../table/cells.ts";

type HorizontalPodAutoscaler = DeepReadonly<generated.HorizontalPodAutoscaler>;
type MetricSpec = DeepReadonly<generated.MetricSpec>;
type MetricStatus = DeepReadonly<generated.MetricStatus>;
type MetricTarget = DeepReadonly<generated.MetricTarget>;
type MetricValue = DeepReadonly<generated.MetricValueStatus>;

const SHOWN_METRICS = 2;

export function horizontalPodAutoscalerCells(autoscaler: HorizontalPodAutoscaler): readonly Cell[] {
  const { spec, status } = autoscaler;
  return [
    autoscaler.metadata.name,
    `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}`,
    formatMetrics(spec?.metrics ?? [], status?.currentMetrics ?? []),
    spec?.minReplicas === undefined ? UNSET : String(spec.minReplicas),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    ageOf(autoscaler),
  ];
}

function formatMetrics(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return NONE;
  const metrics = specs.map((spec, index) => formatMetric(spec, statuses[index]));
  const more = metrics.length - SHOWN_METRICS;
  return metrics.slice(0, SHOWN_METRICS).join(", ") + (more > 0 ? ` + ${more} more...` : "");
}

function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case "Pods":
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue ?? ""}`;
    case "Object":
      return formatValue(spec.object?.target, status?.object?.current);
    case "External":
      return formatValue(spec.external?.target, status?.external?.current);
    case "Resource":
      return `${spec.resource?.name}: ${formatUsage(spec.resource?.target, status?.resource?.current)}`;
    case "ContainerResource":
      return `${spec.containerResource?.name}: ${formatUsage(spec.containerResource?.target, status?.containerResource?.current)}`;
    default:
      return "<unknown type>";
  }
}

function formatValue(target: MetricTarget | undefined, current: MetricValue | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${current?.value ?? UNKNOWN}/${target?.value ?? ""}`;
}

function formatUsage(target: MetricTarget | undefined, current: MetricValue | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  const percent = (value: number | undefined, otherwise: string): string => (value === undefined ? otherwise : `${value}%`);
  return `${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, "<auto>")}`;
}

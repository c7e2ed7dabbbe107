/**
 * The two faces of a HorizontalPodAutoscaler: autoscaling/v2, which is stored, and v1, which knows one CPU target and carries
 * everything else in annotations, in an older notation.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#api-object
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as v1 from "../generated/autoscaling-v1.ts";
import type * as v2 from "../generated/autoscaling-v2.ts";
import type { FaceOptions } from "../resource.ts";
import { metricFromV1, metricToV1, type V1Metric } from "./v1-metrics.ts";

const PREFIX = "autoscaling.alpha.kubernetes.io/";
const ANNOTATIONS = {
  metrics: `${PREFIX}metrics`,
  currentMetrics: `${PREFIX}current-metrics`,
  conditions: `${PREFIX}conditions`,
  behavior: `${PREFIX}behavior`,
} as const;

type Metric = DeepReadonly<v2.MetricSpec | v2.MetricStatus>;

const isCpuTarget = (metric: Metric): boolean =>
  metric.type === "Resource" &&
  metric.resource?.name === "cpu" &&
  "target" in metric.resource &&
  metric.resource.target.averageUtilization !== undefined;

/** Nothing for an empty list: upstream writes no annotation then. */
const listed = (metrics: readonly Metric[] | null | undefined): V1Metric[] | undefined =>
  metrics && metrics.length > 0 ? metrics.map(metricToV1) : undefined;

function toV1({ metadata, spec, status }: DeepReadonly<v2.HorizontalPodAutoscaler>): v1.HorizontalPodAutoscaler {
  const { metrics, behavior, ...restOfSpec } = spec;
  const { currentMetrics, conditions, ...restOfStatus } = status;
  const cpu = metrics?.find(isCpuTarget);
  const carried = {
    [ANNOTATIONS.metrics]: listed(metrics?.filter((metric) => metric !== cpu)),
    [ANNOTATIONS.currentMetrics]: listed(currentMetrics),
    [ANNOTATIONS.conditions]: conditions && conditions.length > 0 ? conditions : undefined,
    [ANNOTATIONS.behavior]: behavior,
  };
  const added = Object.entries(carried).flatMap(([key, value]) => (value === undefined ? [] : [[key, JSON.stringify(value)]]));
  const annotations: Record<string, string> = { ...metadata.annotations, ...Object.fromEntries(added) };
  const current = currentMetrics?.find((metric) => metric.type === "Resource" && metric.resource?.name === "cpu");
  const utilization = current?.resource?.current.averageUtilization;
  const target = cpu?.resource?.target.averageUtilization;
  return {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: {
      ...metadata,
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    } as v1.HorizontalPodAutoscaler["metadata"],
    spec: { ...restOfSpec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: {
      ...(restOfStatus as v1.HorizontalPodAutoscalerStatus),
      currentReplicas: restOfStatus.currentReplicas ?? 0,
      ...(utilization === undefined ? {} : { currentCPUUtilizationPercentage: utilization }),
    },
  };
}

function parsed<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

function fromV1({ metadata, spec, status }: v1.HorizontalPodAutoscaler): v2.HorizontalPodAutoscaler {
  const { targetCPUUtilizationPercentage: target, ...restOfSpec } = spec;
  const { currentCPUUtilizationPercentage: utilization, ...restOfStatus } = status;
  const { annotations, ...restOfMetadata } = metadata;
  const carried = annotations ?? {};
  const kept = Object.entries(carried).filter(([key]) => !(Object.values(ANNOTATIONS) as string[]).includes(key));
  const behavior = parsed<v2.HorizontalPodAutoscalerBehavior>(carried[ANNOTATIONS.behavior]);
  const conditions = parsed<v2.HorizontalPodAutoscalerCondition[]>(carried[ANNOTATIONS.conditions]);
  const cpu = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: target } } };
  const metrics = [
    ...(parsed<V1Metric[]>(carried[ANNOTATIONS.metrics]) ?? []).map((metric) => metricFromV1(metric, "target")),
    ...(target === undefined ? [] : [cpu]),
  ] as v2.MetricSpec[];
  const current = (parsed<V1Metric[]>(carried[ANNOTATIONS.currentMetrics]) ?? []).map((metric) =>
    metricFromV1(metric, "current"),
  );
  if (utilization !== undefined && current.length === 0)
    current.push({
      type: "Resource",
      resource: { name: "cpu", current: { averageUtilization: utilization, averageValue: "0" } },
    });
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { ...restOfMetadata, ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}) },
    spec: { ...restOfSpec, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
    status: {
      ...restOfStatus,
      currentMetrics: (current.length > 0 ? current : null) as unknown as v2.MetricStatus[],
      ...(conditions ? { conditions } : {}),
    },
  };
}

export const autoscalingV1Face: FaceOptions = {
  group: "autoscaling",
  version: "v1",
  toFace: (stored) => toV1(stored as DeepReadonly<v2.HorizontalPodAutoscaler>),
  fromFace: (sent) => fromV1(sent as v1.HorizontalPodAutoscaler),
};

/**
 * Metrics in the notation of the v1 annotations: targets and current values are flat fields (`targetAverageValue`,
 * `currentAverageUtilization`), metrics a name and a selector.
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as v2 from "../generated/autoscaling-v2.ts";

type Json = Readonly<Record<string, unknown>>;

/** `{type: "Pods", pods: {metricName, targetAverageValue}}`. */
export type V1Metric = { type: string } & Record<string, unknown>;

interface Value {
  averageUtilization?: number;
  averageValue?: string;
  value?: string;
}

const SOURCES = ["object", "pods", "resource", "containerResource", "external"] as const;

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** How v1 names the values of each source: an object's average has no prefix. */
function valueNames(source: string, side: "target" | "current"): Readonly<Record<keyof Value, string>> {
  return {
    averageUtilization: `${side}AverageUtilization`,
    averageValue: source === "object" ? "averageValue" : `${side}AverageValue`,
    value: `${side}Value`,
  };
}

export function metricToV1(metric: DeepReadonly<v2.MetricSpec | v2.MetricStatus>): V1Metric {
  const source = SOURCES.find((each) => metric[each] !== undefined);
  const body = source === undefined ? undefined : (metric[source] as Json | undefined);
  if (source === undefined || body === undefined) return { type: metric.type };
  const side = "target" in body ? "target" : "current";
  const names = valueNames(source, side);
  const value = (body[side] ?? {}) as Value;
  const named = (body.metric ?? {}) as { name?: string; selector?: unknown };
  return {
    type: metric.type,
    [source]: withoutUndefined({
      target: body.describedObject,
      name: body.name,
      container: body.container,
      metricName: named.name,
      [source === "external" ? "metricSelector" : "selector"]: named.selector,
      [names.averageUtilization]: value.averageUtilization,
      [names.averageValue]: value.averageValue,
      [names.value]: value.value,
    }),
  };
}

export function metricFromV1(metric: V1Metric, side: "target" | "current"): Record<string, unknown> {
  const source = SOURCES.find((each) => metric[each] !== undefined);
  const body = (source === undefined ? undefined : metric[source]) as Json | undefined;
  if (source === undefined || body === undefined) return { type: metric.type };
  const names = valueNames(source, side);
  const value = withoutUndefined({
    averageUtilization: body[names.averageUtilization],
    averageValue: body[names.averageValue],
    value: body[names.value],
  }) as Value;
  const type =
    value.averageUtilization !== undefined ? "Utilization" : value.averageValue !== undefined ? "AverageValue" : "Value";
  const hasName = typeof body.metricName === "string";
  return {
    type: metric.type,
    [source]: withoutUndefined({
      describedObject: body.target,
      name: body.name,
      container: body.container,
      metric: hasName ? withoutUndefined({ name: body.metricName, selector: body.metricSelector ?? body.selector }) : undefined,
      [side]: side === "target" ? { type, ...value } : value,
    }),
  };
}

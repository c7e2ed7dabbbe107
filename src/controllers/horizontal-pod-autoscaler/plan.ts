/**
 * How many replicas the bounds of an autoscaler ask for, and what its conditions say. Pure.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
import type { HorizontalPodAutoscaler } from "../../api/autoscaling/horizontal-pod-autoscaler.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export type ReadonlyAutoscaler = DeepReadonly<HorizontalPodAutoscaler>;
export type Status = ReadonlyAutoscaler["status"];

export type Demand =
  /** The target was scaled to nothing by hand, which turns the autoscaler off. */
  | { do: "rest" }
  | { do: "rescale"; replicas: number; reason: string }
  /** Within bounds: metrics decide. */
  | { do: "measure" };

export function demandOf({ minReplicas = 1, maxReplicas }: ReadonlyAutoscaler["spec"], replicas: number): Demand {
  if (replicas === 0 && minReplicas !== 0) return { do: "rest" };
  if (replicas > maxReplicas)
    return { do: "rescale", replicas: maxReplicas, reason: "Current number of replicas above Spec.MaxReplicas" };
  if (replicas < minReplicas)
    return { do: "rescale", replicas: minReplicas, reason: "Current number of replicas below Spec.MinReplicas" };
  return { do: "measure" };
}

export interface Verdict {
  type: "AbleToScale" | "ScalingActive";
  status: "True" | "False";
  reason: string;
  message: string;
}

/** The status with the verdict among its conditions; the moment of transition stays where it says the same. */
export function withVerdict(status: Status, verdict: Verdict, nowMs: number): Status {
  const conditions = status.conditions ?? [];
  const before = conditions.find(({ type }) => type === verdict.type);
  const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : formatTime(nowMs);
  const next = { ...verdict, lastTransitionTime };
  return {
    ...status,
    conditions: before ? conditions.map((each) => (each === before ? next : each)) : [...conditions, next],
  };
}

/** Counts as they are written; zero current replicas are left out. */
export const withCounts = (
  { conditions, lastScaleTime }: Status,
  { current, desired, metrics }: { current: number; desired: number; metrics: number },
): Status =>
  ({
    ...(conditions ? { conditions } : {}),
    currentMetrics: metrics === 0 ? null : Array.from({ length: metrics }, () => ({ type: "" })),
    ...(current === 0 ? {} : { currentReplicas: current }),
    desiredReplicas: desired,
    ...(lastScaleTime ? { lastScaleTime } : {}),
  }) as unknown as Status;

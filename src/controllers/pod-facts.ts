/** What controllers ask of a Pod: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ */
import { conditionOf } from "../api/conditions.ts";
import { isReady, type Pod } from "../api/core/pod/pod.ts";
import { formatTime } from "../api/time.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { timeOf } from "./time.ts";

export { isReady };

type ReadonlyPod = DeepReadonly<Pod>;

export const isEnded = ({ status: { phase } }: ReadonlyPod): boolean => phase === "Succeeded" || phase === "Failed";

/** Counts for whoever wants a number of Pods. */
export const isActive = (pod: ReadonlyPod): boolean => !isEnded(pod) && !pod.metadata.deletionTimestamp;

/** Being deleted, and not ended yet. */
export const isTerminating = (pod: ReadonlyPod): boolean => !isEnded(pod) && pod.metadata.deletionTimestamp !== undefined;

/** When it became ready; 0 where it is not. */
export function readySinceMs(pod: ReadonlyPod): number {
  const ready = conditionOf(pod.status.conditions, "Ready");
  return ready?.status === "True" ? timeOf(ready.lastTransitionTime) : 0;
}

/** Milliseconds until the Pod has been ready for `minReadySeconds`: 0 where it is available, undefined where it is not ready. */
function availableInMs(pod: ReadonlyPod, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isReady(pod)) return undefined;
  return minReadySeconds === 0 ? 0 : Math.max(0, readySinceMs(pod) + minReadySeconds * 1_000 - nowMs);
}

export const isAvailable = (pod: ReadonlyPod, minReadySeconds: number, nowMs: number): boolean =>
  availableInMs(pod, minReadySeconds, nowMs) === 0;

/** The soonest moment at which one of the ready Pods becomes available; undefined where none is on its way. */
export function nextAvailableInMs(pods: readonly ReadonlyPod[], minReadySeconds: number, nowMs: number): number | undefined {
  let soonest: number | undefined;
  for (const pod of pods) {
    const delayMs = availableInMs(pod, minReadySeconds, nowMs);
    if (delayMs && (soonest === undefined || delayMs < soonest)) soonest = delayMs;
  }
  return soonest;
}

/** Restarts of the container that was restarted most, sidecars included. */
export function mostRestarts({ spec, status }: ReadonlyPod): number {
  const sidecars = new Set(
    spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name),
  );
  const counted = [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)),
  ];
  return Math.max(0, ...counted.map(({ restartCount }) => restartCount));
}

/** The status with the condition in place of the one of its type. */
export function withPodCondition(
  { status, metadata }: ReadonlyPod,
  condition: { type: string; status: string; reason: string; message: string },
  nowMs: number,
): ReadonlyPod["status"] {
  const before = conditionOf(status.conditions, condition.type);
  const moved = before?.status !== condition.status;
  const next = {
    ...before,
    ...condition,
    lastTransitionTime: moved ? formatTime(nowMs) : before.lastTransitionTime,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  } as NonNullable<ReadonlyPod["status"]["conditions"]>[number];
  const conditions = status.conditions ?? [];
  return {
    ...status,
    conditions: before === undefined ? [...conditions, next] : conditions.map((each) => (each === before ? next : each)),
  };
}

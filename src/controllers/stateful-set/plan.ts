/**
 * The next steps of a StatefulSet, by what its Pods are like now. Pure.
 *
 * `OrderedReady` takes one step at a time: a Pod is made when those before it are ready, and taken away when those behind it are
 * gone; `Parallel` takes all at once. An update goes from the highest ordinal down, one Pod at a time in either case.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees
 */
import { isAvailable, isReady } from "../pod-facts.ts";
import { ordinalOf, REVISION, type ReadonlyPod, type ReadonlySet } from "./identity.ts";

export type Step = { do: "create"; ordinal: number } | { do: "delete"; pod: ReadonlyPod; failed?: boolean };

export interface Members {
  set: ReadonlySet;
  pods: readonly ReadonlyPod[];
  updateRevision: string;
  nowMs: number;
}

export const isDying = ({ metadata }: ReadonlyPod): boolean => metadata.deletionTimestamp !== undefined;
export const revisionOf = ({ metadata }: ReadonlyPod): string => metadata.labels?.[REVISION] ?? "";
const hasEnded = ({ status }: ReadonlyPod): boolean => status.phase === "Failed" || status.phase === "Succeeded";

export const isRunningAndReady = (pod: ReadonlyPod): boolean => pod.status.phase === "Running" && isReady(pod);

export const firstOrdinal = ({ spec }: ReadonlySet): number => spec.ordinals?.start ?? 0;

const isSettled = (pod: ReadonlyPod, { set, nowMs }: Members): boolean =>
  isRunningAndReady(pod) && !isDying(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);

/** Undefined: every ordinal has its Pod, and it is settled; the next stage may begin. */
function grow(members: Members, byOrdinal: ReadonlyMap<number, ReadonlyPod>): Step[] | undefined {
  const { set } = members;
  const first = firstOrdinal(set);
  const isOrdered = set.spec.podManagementPolicy !== "Parallel";
  const steps: Step[] = [];
  for (let ordinal = first; ordinal < first + set.spec.replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) steps.push({ do: "create", ordinal });
    else if (hasEnded(pod) && !isDying(pod)) steps.push({ do: "delete", pod, failed: true });
    else if (isOrdered && !isSettled(pod, members)) return steps;
    if (isOrdered && steps.length > 0) return steps;
  }
  return steps.length > 0 ? steps : undefined;
}

function shrink(members: Members, condemned: readonly ReadonlyPod[]): Step[] | undefined {
  if (condemned.length === 0) return undefined;
  const isOrdered = members.set.spec.podManagementPolicy !== "Parallel";
  if (!isOrdered) return condemned.filter((pod) => !isDying(pod)).map((pod) => ({ do: "delete", pod }));
  const [last] = condemned;
  return last === undefined || isDying(last) ? [] : [{ do: "delete", pod: last }];
}

function update({ set, updateRevision, ...rest }: Members, byOrdinal: ReadonlyMap<number, ReadonlyPod>): Step[] {
  if (set.spec.updateStrategy.type === "OnDelete") return [];
  const first = firstOrdinal(set);
  const partition = set.spec.updateStrategy.rollingUpdate?.partition ?? 0;
  for (let ordinal = first + set.spec.replicas - 1; ordinal >= first + partition; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return [];
    if (revisionOf(pod) !== updateRevision && !isDying(pod)) return [{ do: "delete", pod }];
    if (!isSettled(pod, { set, updateRevision, ...rest })) return [];
  }
  return [];
}

export function nextSteps(members: Members): Step[] {
  const { set, pods } = members;
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const first = firstOrdinal(set);
  const isMember = (ordinal: number): boolean => ordinal >= first && ordinal < first + set.spec.replicas;
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal >= 0 && !isMember(ordinal))
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  const isParallel = set.spec.podManagementPolicy === "Parallel";
  const growing = grow(members, byOrdinal);
  if (growing !== undefined && !isParallel) return growing;
  const shrinking = shrink(members, condemned);
  if (shrinking !== undefined) return [...(growing ?? []), ...shrinking];
  return growing ?? update(members, byOrdinal);
}

/**
 * Which Pods a ReplicaSet can best do without.
 *
 * In this order: not on a node yet; Pending before Unknown before Running; not ready; lower deletion cost; more of the same workload on its
 * node; ready for a shorter time; restarted more often; younger. Times are compared by their order of magnitude, so that the choice is
 * spread among Pods of about one age.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost
 */
import type { Pod } from "../../api/core/pod/pod.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { isReady, mostRestarts, readySinceMs } from "../pod-facts.ts";
import { timeOf } from "../time.ts";

type ReadonlyPod = DeepReadonly<Pod>;

const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
const PHASES = ["Pending", "Unknown", "Running"];

function deletionCost({ metadata: { annotations } }: ReadonlyPod): number {
  const text = annotations?.[DELETION_COST] ?? "";
  return /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : 0;
}

/** Powers of two of its age in nanoseconds, as far as order goes; -1 for no age. */
const magnitude = (ageMs: number): number => (ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1);

/** Younger first; those of one magnitude by uid, which is as good as chance. */
function compareMoments(aMs: number, bMs: number, a: ReadonlyPod, b: ReadonlyPod, nowMs: number): number {
  if (aMs === bMs) return 0;
  if (aMs === 0 || bMs === 0) return aMs === 0 ? -1 : 1;
  return magnitude(nowMs - aMs) - magnitude(nowMs - bMs) || (a.metadata.uid < b.metadata.uid ? -1 : 1);
}

export interface DeletionOrder {
  nowMs: number;
  /** How many active Pods of the same workload run on that node. */
  neighbours: (nodeName: string) => number;
}

/** Sorts the cheapest to lose first. */
export function byDeletionCost({ nowMs, neighbours }: DeletionOrder): (a: ReadonlyPod, b: ReadonlyPod) => number {
  const rank = (pod: ReadonlyPod): number => (pod.spec.nodeName ? neighbours(pod.spec.nodeName) : 0);
  return (a, b) =>
    Number(!!a.spec.nodeName) - Number(!!b.spec.nodeName) ||
    PHASES.indexOf(a.status.phase ?? "") - PHASES.indexOf(b.status.phase ?? "") ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    rank(b) - rank(a) ||
    (isReady(a) && isReady(b) ? compareMoments(readySinceMs(a), readySinceMs(b), a, b, nowMs) : 0) ||
    mostRestarts(b) - mostRestarts(a) ||
    compareMoments(timeOf(a.metadata.creationTimestamp), timeOf(b.metadata.creationTimestamp), a, b, nowMs);
}

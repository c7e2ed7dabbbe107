/** What a ReplicaSet says about its Pods. */
import type { ReplicaSet } from "../../api/apps/replica-set.ts";
import type { Pod } from "../../api/core/pod/pod.ts";
import type { ReplicationController } from "../../api/core/replication-controller.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { messageOf } from "../pod-control.ts";
import { isAvailable, isReady } from "../pod-facts.ts";

export type ReplicaKind = ReplicaSet | ReplicationController;
export type ReplicaOwner = DeepReadonly<ReplicaKind>;
type Status = DeepReadonly<ReplicaSet["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

export interface Observed {
  /** Active Pods that it manages. */
  pods: readonly DeepReadonly<Pod>[];
  /** How many more are on their way out. */
  terminating: number;
  /** What creating or deleting failed with. */
  failure: unknown;
  nowMs: number;
}

/** Zero counts are left out where the API leaves them out, so that equal statuses look equal. */
const unlessZero = <K extends string>(key: K, count: number) => (count === 0 ? {} : { [key]: count });

export function replicaSetStatus(replicaSet: ReplicaOwner, observed: Observed): Status {
  const { pods, terminating, nowMs } = observed;
  const { minReadySeconds = 0, template } = replicaSet.spec;
  const labels = Object.entries(template?.metadata?.labels ?? {});
  const labelled = pods.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value));
  const conditions = conditionsOf(replicaSet, observed);
  return {
    replicas: pods.length,
    ...unlessZero("fullyLabeledReplicas", labelled.length),
    ...unlessZero("readyReplicas", pods.filter(isReady).length),
    ...unlessZero("availableReplicas", pods.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length),
    terminatingReplicas: terminating,
    ...unlessZero("observedGeneration", replicaSet.metadata.generation ?? 0),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function conditionsOf(replicaSet: ReplicaOwner, { pods, failure, nowMs }: Observed): readonly Condition[] {
  const before = replicaSet.status?.conditions ?? [];
  if (failure === undefined) return before.filter(({ type }) => type !== "ReplicaFailure");
  if (before.some(({ type }) => type === "ReplicaFailure")) return before;
  const reason = pods.length < (replicaSet.spec.replicas ?? 1) ? "FailedCreate" : "FailedDelete";
  const lastTransitionTime = formatTime(nowMs);
  return [...before, { type: "ReplicaFailure", status: "True", lastTransitionTime, reason, message: messageOf(failure) }];
}

/** What a Deployment says about its rollout: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status */

import type { Deployment } from "../../api/apps/deployment.ts";
import type { ReplicaSet } from "../../api/apps/replica-set.ts";
import { conditionOf } from "../../api/conditions.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sum } from "../int-or-percent.ts";
import { timeOf } from "../time.ts";
import { maxUnavailable, replicasOf, totalReplicas } from "./rollout.ts";

type ReadonlyDeployment = DeepReadonly<Deployment>;
type ReadonlyReplicaSet = DeepReadonly<ReplicaSet>;
export type Status = ReadonlyDeployment["status"];
export type Condition = NonNullable<Status["conditions"]>[number];

const FOREVER = 2 ** 31 - 1;

export const condition = (type: string, status: string, reason: string, message: string, nowMs: number): Condition => {
  const time = formatTime(nowMs);
  return { type, status, lastUpdateTime: time, lastTransitionTime: time, reason, message };
};

/** With the condition in place of the one of its type; the moment of transition stays where the status does. */
export function withCondition(status: Status, next: Condition): Status {
  const current = conditionOf(status.conditions, next.type);
  if (current?.status === next.status && current.reason === next.reason) return status;
  const lastTransitionTime = current?.status === next.status ? current.lastTransitionTime : next.lastTransitionTime;
  const others = (status.conditions ?? []).filter(({ type }) => type !== next.type);
  return { ...status, conditions: [...others, { ...next, lastTransitionTime }] };
}

const withoutCondition = (status: Status, type: string): Status =>
  conditionOf(status.conditions, type) === undefined
    ? status
    : { ...status, conditions: (status.conditions ?? []).filter((each) => each.type !== type) };

export const hasProgressDeadline = ({ spec }: ReadonlyDeployment): boolean =>
  spec.progressDeadlineSeconds !== null && spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== FOREVER;

/** The limit on old ReplicaSets; undefined where there is none. */
export const historyLimit = ({ spec: { revisionHistoryLimit: limit } }: ReadonlyDeployment): number | undefined =>
  limit === null || limit === undefined || limit === FOREVER ? undefined : limit;

/** Counts and the Available condition; the others are kept. */
export function countedStatus(
  deployment: ReadonlyDeployment,
  newSet: ReadonlyReplicaSet | undefined,
  old: readonly ReadonlyReplicaSet[],
  nowMs: number,
): Status {
  const all = newSet === undefined ? old : [...old, newSet];
  const available = sum(all.map(({ status }) => status.availableReplicas ?? 0));
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum(all.map(({ status }) => status.replicas)),
    updatedReplicas: newSet?.status.replicas ?? 0,
    readyReplicas: sum(all.map(({ status }) => status.readyReplicas ?? 0)),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, totalReplicas(all) - available),
  };
  const { collisionCount, conditions } = deployment.status;
  const status: Status = {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    terminatingReplicas: sum(all.map(({ status }) => status.terminatingReplicas ?? 0)),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
  return withCondition(status, availability(available >= replicasOf(deployment) - maxUnavailable(deployment), nowMs));
}

const availability = (enough: boolean, nowMs: number): Condition =>
  enough
    ? condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", nowMs)
    : condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", nowMs);

/** All Pods are of the present template and available. */
export function isComplete(deployment: ReadonlyDeployment, status: Status): boolean {
  const wanted = replicasOf(deployment);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  const generation = deployment.metadata.generation ?? 0;
  return updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted && observedGeneration >= generation;
}

/** More new Pods, fewer old ones, or more that are ready or available than before. */
function isProgressing({ status: before }: ReadonlyDeployment, after: Status): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: Status): number => replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** When the rollout will count as stuck; undefined where it cannot, or already does. */
export function deadlineMs(deployment: ReadonlyDeployment, status: Status): number | undefined {
  const progressing = conditionOf(status.conditions, "Progressing");
  if (!hasProgressDeadline(deployment) || progressing === undefined) return undefined;
  if (progressing.reason === "NewReplicaSetAvailable" || progressing.reason === "ProgressDeadlineExceeded") return undefined;
  return timeOf(progressing.lastUpdateTime) + (deployment.spec.progressDeadlineSeconds ?? 0) * 1_000;
}

function isTimedOut(deployment: ReadonlyDeployment, status: Status, nowMs: number): boolean {
  if (conditionOf(status.conditions, "Progressing")?.reason === "ProgressDeadlineExceeded") return true;
  const limitMs = deadlineMs(deployment, status);
  return limitMs !== undefined && limitMs < nowMs;
}

/** The status during a rollout: counts, how it goes on, and what its ReplicaSets fail with. */
export function rolloutStatus(
  deployment: ReadonlyDeployment,
  newSet: ReadonlyReplicaSet | undefined,
  old: readonly ReadonlyReplicaSet[],
  nowMs: number,
): Status {
  const counted = countedStatus(deployment, newSet, old, nowMs);
  const status = hasProgressDeadline(deployment)
    ? withProgress(deployment, newSet, counted, nowMs)
    : withoutCondition(counted, "Progressing");
  const failure = [...(newSet === undefined ? [] : [newSet]), ...old]
    .flatMap(({ status }) => status.conditions ?? [])
    .find(({ type }) => type === "ReplicaFailure");
  if (failure === undefined) return withoutCondition(status, "ReplicaFailure");
  return withCondition(status, { ...failure, lastUpdateTime: failure.lastTransitionTime });
}

function withProgress(
  deployment: ReadonlyDeployment,
  newSet: ReadonlyReplicaSet | undefined,
  status: Status,
  nowMs: number,
): Status {
  const current = conditionOf(deployment.status.conditions, "Progressing");
  // Once complete, a Pod that is lost is no rollout.
  if (status.replicas === status.updatedReplicas && current?.reason === "NewReplicaSetAvailable") return status;
  const subject = newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  if (isComplete(deployment, status)) {
    return withCondition(
      status,
      condition("Progressing", "True", "NewReplicaSetAvailable", `${subject} has successfully progressed.`, nowMs),
    );
  }
  if (isProgressing(deployment, status)) {
    const next = condition("Progressing", "True", "ReplicaSetUpdated", `${subject} is progressing.`, nowMs);
    const lastTransitionTime = current?.status === "True" ? current.lastTransitionTime : next.lastTransitionTime;
    // Each step forward moves the deadline, so the condition is renewed even where it says the same.
    return withCondition(withoutCondition(status, "Progressing"), { ...next, lastTransitionTime });
  }
  if (!isTimedOut(deployment, status, nowMs)) return status;
  return withCondition(
    status,
    condition("Progressing", "False", "ProgressDeadlineExceeded", `${subject} has timed out progressing.`, nowMs),
  );
}

/** The Progressing condition while the rollout is paused, or no longer is; undefined where it says so already. */
export function pauseCondition({ spec: { paused = false }, status }: ReadonlyDeployment, nowMs: number): Condition | undefined {
  const reason = conditionOf(status.conditions, "Progressing")?.reason;
  if (reason === "ProgressDeadlineExceeded") return undefined;
  const said = reason === "DeploymentPaused";
  if (paused && !said) return condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", nowMs);
  if (!paused && said) return condition("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", nowMs);
  return undefined;
}

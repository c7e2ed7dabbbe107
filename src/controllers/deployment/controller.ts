/**
 * Rolls the template of a Deployment out over ReplicaSets.
 *
 * Every reconcile takes one step (grow the new ReplicaSet, or shrink old ones) and writes the status; the change it made wakes it for the
 * next. Which step it is, is decided in rollout.ts; nothing is remembered but what stands in the objects.
 *
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 */
import { Deployment } from "../../api/apps/deployment.ts";
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { keyOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller, ControllerContext, Reconcile } from "../controller.ts";
import { claimOwned } from "../ownership.ts";
import { isEnded } from "../pod-facts.ts";
import { selectsEverything } from "../selector.ts";
import { allSets, type Rollout, rolloutOf, scale, syncNewReplicaSet, tidy, writeStatus } from "./replica-sets.ts";
import { isScaled, newReplicaSetSize, replicasOf, scaleProportionally, shrinkOld } from "./rollout.ts";
import {
  countedStatus,
  deadlineMs,
  hasProgressDeadline,
  isComplete,
  pauseCondition,
  rolloutStatus,
  withCondition,
} from "./status.ts";

const SOON_MS = 1_000;

/** Counts alone: while the rollout is paused, being scaled, or at its end. */
async function writeCounts(rollout: Rollout): Promise<void> {
  await writeStatus(rollout, countedStatus(rollout.deployment, rollout.newSet, rollout.old, rollout.context.clock.now()));
}

/** The status of the rollout; where it stands still, comes back when the deadline has passed. */
async function writeProgress(rollout: Rollout): Promise<void> {
  const { context } = rollout;
  const nowMs = context.clock.now();
  const status = rolloutStatus(rollout.deployment, rollout.newSet, rollout.old, nowMs);
  await writeStatus(rollout, status);
  const limitMs = isComplete(rollout.deployment, status) ? undefined : deadlineMs(rollout.deployment, status);
  if (limitMs !== undefined) context.requeueAfter(keyOf(rollout.deployment), Math.max(0, limitMs - nowMs) + SOON_MS);
}

async function resize(rollout: Rollout): Promise<void> {
  await syncNewReplicaSet(rollout, { create: false });
  await scale(rollout, scaleProportionally(rollout.deployment, rollout.newSet, rollout.old));
  if (rollout.deployment.spec.paused) await tidy(rollout);
  await writeCounts(rollout);
}

/** Grows the new ReplicaSet to what is allowed; false where it has that size. */
async function grow(rollout: Rollout): Promise<boolean> {
  const { deployment, newSet } = rollout;
  if (newSet === undefined) return false;
  const replicas = newReplicaSetSize(deployment, allSets(rollout), replicasOf(newSet));
  if (replicas === replicasOf(newSet)) return false;
  await scale(rollout, [{ replicaSet: newSet, replicas }]);
  return true;
}

async function rollingUpdate(rollout: Rollout): Promise<void> {
  await syncNewReplicaSet(rollout, { create: true });
  if (!(await grow(rollout))) {
    const shrinking = shrinkOld(rollout.deployment, rollout.newSet, rollout.old);
    await scale(rollout, shrinking);
    if (shrinking.length === 0 && isComplete(rollout.deployment, rollout.deployment.status)) await tidy(rollout);
  }
  await writeProgress(rollout);
}

/** Old Pods end before new ones begin. */
async function recreate(rollout: Rollout): Promise<void> {
  await syncNewReplicaSet(rollout, { create: false });
  const active = rollout.old.filter((set) => replicasOf(set) > 0);
  await scale(
    rollout,
    active.map((replicaSet) => ({ replicaSet, replicas: 0 })),
  );
  if (active.length === 0 && !oldPodsRun(rollout)) {
    if (rollout.newSet === undefined) {
      // That the old Pods have ended is no progress of the new ReplicaSet: it is counted before that is made.
      await writeProgress(rollout);
      await syncNewReplicaSet(rollout, { create: true });
    }
    await grow(rollout);
    if (isComplete(rollout.deployment, rollout.deployment.status)) await tidy(rollout);
  }
  await writeProgress(rollout);
}

const oldPodsRun = ({ old, context: { listers } }: Rollout): boolean =>
  old.some((set) => set.status.replicas > 0 || listers.ownedBy(Pod, set).some((pod) => !isEnded(pod)));

async function writePause(rollout: Rollout): Promise<void> {
  if (!hasProgressDeadline(rollout.deployment)) return;
  const next = pauseCondition(rollout.deployment, rollout.context.clock.now());
  if (next !== undefined) await writeStatus(rollout, withCondition(rollout.deployment.status, next));
}

async function refuseEmptySelector(deployment: DeepReadonly<Deployment>, { client, events }: ControllerContext): Promise<void> {
  const message = "This deployment is selecting all pods. A non-empty selector is required.";
  events.event(deployment, "Warning", "SelectingAll", message);
  const observedGeneration = deployment.metadata.generation ?? 0;
  await client.updateStatusIfChanged(Deployment, deployment, { ...deployment.status, observedGeneration });
}

const reconcile: Reconcile<Deployment> = async (deployment, context) => {
  if (selectsEverything(deployment.spec.selector)) return refuseEmptySelector(deployment, context);
  const { client, listers } = context;
  const owned = listers.ownedBy(ReplicaSet, deployment);
  const orphans = listers.orphans(ReplicaSet, deployment.metadata.namespace ?? "");
  const sets = await claimOwned({ client, owner: deployment, ownerKind: Deployment, of: ReplicaSet, owned, orphans });
  const rollout = rolloutOf(deployment, sets, context);

  if (deployment.metadata.deletionTimestamp) return writeCounts(rollout);
  await writePause(rollout);
  if (deployment.spec.paused || isScaled(deployment, sets)) return resize(rollout);
  return deployment.spec.strategy.type === "Recreate" ? recreate(rollout) : rollingUpdate(rollout);
};

export const deploymentController: Controller<Deployment> = {
  name: "deployment-controller",
  reconciles: Deployment,
  wokenBy: [{ owned: ReplicaSet }, { orphans: ReplicaSet }],
  reads: [Pod],
  reconcile,
};

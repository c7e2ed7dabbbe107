/**
 * Keeps as many Pods as each ReplicaSet, or each of the older ReplicationControllers, asks for.
 *
 * Level-triggered: every reconcile starts from what is there and writes the difference, so a lost event, a restart or a foreign hand
 * costs time, never correctness. Pods are matched by selector and owned by controller reference; an orphan that matches is adopted,
 * a Pod that no longer matches is released.
 *
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
 */
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { ReplicationController } from "../../api/core/replication-controller.ts";
import { controllerOf, keyOf } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { WithStatus } from "../../client/client.ts";
import { EXPECTATION_TIMEOUT_MS } from "../../client/expectations.ts";
import type { Lister } from "../../client/informer.ts";
import { BY_CONTROLLER } from "../../client/informer-cache.ts";
import type { Controller, ControllerContext, Reconcile, Wake } from "../controller.ts";
import { claimOwned } from "../ownership.ts";
import { asError, createPods, deletePods, podFrom } from "../pod-control.ts";
import { isActive, isTerminating, nextAvailableInMs } from "../pod-facts.ts";
import { byDeletionCost, type DeletionOrder } from "./deletion-order.ts";
import { type Observed, type ReplicaKind, type ReplicaOwner, replicaSetStatus } from "./status.ts";

type ReadonlyPod = DeepReadonly<Pod>;

export interface ReplicaPlan {
  /** How many Pods are missing; 0 when some are to be deleted. */
  create: number;
  /** Pods to delete, the cheapest to lose first. */
  remove: readonly ReadonlyPod[];
}

/** What it takes to get from `pods` (active, owned) to `replicas`. Pure: the whole policy of this controller is here. */
export function planReplicas(replicas: number, pods: readonly ReadonlyPod[], order: DeletionOrder): ReplicaPlan {
  const surplus = pods.length - replicas;
  if (surplus <= 0) return { create: -surplus, remove: [] };
  return { create: 0, remove: pods.toSorted(byDeletionCost(order)).slice(0, surplus) };
}

/** Active Pods on each node of all ReplicaSets with the same manager: a rolling update counts as one workload. */
function neighbours(owner: ReplicaOwner, of: AnyResource, listers: Lister): (nodeName: string) => number {
  const manager = controllerOf(owner);
  const siblings = manager === undefined ? [owner] : listers.byIndex(of, BY_CONTROLLER, manager.uid);
  const counts = new Map<string, number>();
  for (const sibling of siblings) {
    for (const pod of listers.ownedBy(Pod, sibling)) {
      const { nodeName } = pod.spec;
      if (nodeName && isActive(pod)) counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
    }
  }
  return (nodeName) => counts.get(nodeName) ?? 0;
}

/** Writes the difference; gives what failed of it. */
async function manage(
  owner: ReplicaOwner,
  of: AnyResource,
  pods: readonly ReadonlyPod[],
  context: ControllerContext,
): Promise<unknown> {
  const { replicas, template } = owner.spec;
  const order = { nowMs: context.clock.now(), neighbours: neighbours(owner, of, context.listers) };
  const plan = planReplicas(replicas ?? 1, pods, order);
  if (plan.create > 0 && template) {
    const draft = podFrom(owner, template);
    return createPods(context, owner, plan.create, () => draft);
  }
  return plan.remove.length > 0 ? deletePods(context, owner, plan.remove) : undefined;
}

/** What ReplicaSets and the older ReplicationControllers have in common, which is nearly all. */
function reconcileReplicas(
  of: AnyResource,
  statusOf: (owner: ReplicaOwner, observed: Observed) => object,
): Reconcile<ReplicaKind> {
  return async (owner, context) => {
    const { client, listers, expectations, clock, requeueAfter } = context;
    // Both indexes cost as much as this owner has Pods, however many the namespace has.
    const owned = listers.ownedBy(Pod, owner);
    const orphans = listers.orphans(Pod, owner.metadata.namespace).filter(isActive);
    // Asked before the Pods are looked at: what the cache shows meanwhile is not in what we saw.
    const current = expectations.satisfied(owner);
    const pods = await claimOwned({ client, owner, ownerKind: of, of: Pod, owned: owned.filter(isActive), orphans });

    // Until the cache has shown our own last writes, counting it again would create or delete twice.
    let failure: unknown;
    if (!current) requeueAfter(keyOf(owner), EXPECTATION_TIMEOUT_MS);
    else if (!owner.metadata.deletionTimestamp) failure = await manage(owner, of, pods, context);

    const nowMs = clock.now();
    const status = statusOf(owner, { pods, terminating: owned.filter(isTerminating).length, failure, nowMs });
    await client.updateStatusIfChanged<WithStatus>(of, owner, status);
    if (failure !== undefined) throw asError(failure);

    const availableInMs = nextAvailableInMs(pods, owner.spec.minReadySeconds ?? 0, nowMs);
    if (availableInMs !== undefined) requeueAfter(keyOf(owner), availableInMs);
  };
}

const wokenBy: readonly Wake[] = [{ owned: Pod }, { orphans: Pod }];

export const replicaSetController: Controller<ReplicaSet> = {
  name: "replicaset-controller",
  reconciles: ReplicaSet,
  wokenBy,
  reconcile: reconcileReplicas(ReplicaSet, replicaSetStatus),
};

/** https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/ */
export const replicationController: Controller<ReplicationController> = {
  name: "replication-controller",
  reconciles: ReplicationController,
  wokenBy,
  reconcile: reconcileReplicas(ReplicationController, (owner, observed) => {
    const { terminatingReplicas: _, ...status } = replicaSetStatus(owner, observed);
    return status;
  }),
};

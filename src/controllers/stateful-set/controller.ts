/**
 * Keeps the Pods of StatefulSets: each with a name, claims and a place in the order of its own.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 */
import { ControllerRevision } from "../../api/apps/controller-revision.ts";
import { StatefulSet } from "../../api/apps/stateful-set.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { isAlreadyExists, isNotFound } from "../../api/errors.ts";
import { keyOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller, ControllerContext, Reconcile } from "../controller.ts";
import { type History, type HistoryOf, type Revision, syncHistory, templateOf, trimHistory } from "../history/revisions.ts";
import { claimOwned } from "../ownership.ts";
import { messageOf } from "../pod-control.ts";
import { isAvailable, nextAvailableInMs } from "../pod-facts.ts";
import { hasStaleClaim, retainClaims } from "./claim-retention.ts";
import { claimsOf, memberPod, ordinalOf, podName, type ReadonlyPod, type ReadonlySet } from "./identity.ts";
import { firstOrdinal, isDying, isRunningAndReady, type Members, nextSteps, revisionOf, type Step } from "./plan.ts";

type Status = DeepReadonly<StatefulSet["status"]>;

const HASH = "controller.kubernetes.io/hash";
/** How soon a Pod is tried again that waits for the claim of its predecessor to go. */
const STALE_CLAIM_MS = 1_000;

interface Sync {
  set: ReadonlySet;
  context: ControllerContext;
  history: History;
  /** The revision that all Pods had when the last update was complete. */
  current: Revision;
  update: Revision;
}

/** Below the partition Pods stay at, and come back in, the revision before the update. Without rolling updates all come back new. */
function revisionFor({ set, current, update }: Sync, ordinal: number): Revision {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  const kept = type === "RollingUpdate" ? (rollingUpdate?.partition ?? set.status.currentReplicas ?? 0) : 0;
  return ordinal < firstOrdinal(set) + kept ? current : update;
}

async function createClaims({ set, context }: Sync, ordinal: number): Promise<void> {
  const { client, events, listers } = context;
  for (const draft of claimsOf(set, ordinal)) {
    const claim = draft.metadata?.name ?? "";
    if (listers.get(PersistentVolumeClaim, set.metadata.namespace ?? "", claim) !== undefined) continue;
    const what = `Claim ${claim} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name}`;
    try {
      await client.create(PersistentVolumeClaim, draft);
      events.event(set, "Normal", "SuccessfulCreate", `Create ${what} success`);
    } catch (error) {
      if (isAlreadyExists(error)) continue;
      events.event(set, "Warning", "FailedCreate", `Create ${what} failed error: ${messageOf(error)}`);
      throw error;
    }
  }
}

async function createMember(sync: Sync, ordinal: number): Promise<void> {
  const { set, context } = sync;
  if (hasStaleClaim(set, ordinal, context.listers)) return context.requeueAfter(keyOf(set), STALE_CLAIM_MS);
  await createClaims(sync, ordinal);
  const revision = revisionFor(sync, ordinal);
  const what = `Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name}`;
  const draft = memberPod(set, ordinal, { template: templateOf(revision), revision: revision.metadata.name });
  try {
    await context.client.create(Pod, draft);
    context.events.event(set, "Normal", "SuccessfulCreate", `Create ${what} successful`);
  } catch (error) {
    // The cache has not shown it yet, or the one before it is not gone: it comes up again.
    if (isAlreadyExists(error)) return;
    context.events.event(set, "Warning", "FailedCreate", `Create ${what} failed error: ${messageOf(error)}`);
    throw error;
  }
}

async function deleteMember({ set, context }: Sync, pod: ReadonlyPod, failed: boolean): Promise<void> {
  const { namespace = "", name, uid } = pod.metadata;
  const { client, events } = context;
  if (failed) {
    const where = `${namespace}/${set.metadata.name}`;
    events.event(set, "Warning", "RecreatingFailedPod", `StatefulSet ${where} is recreating failed Pod ${name}`);
  }
  const what = `Pod ${name} in StatefulSet ${set.metadata.name}`;
  try {
    await client.delete(Pod, { namespace, name }, { uid });
    events.event(set, "Normal", "SuccessfulDelete", `Delete ${what} successful`);
  } catch (error) {
    if (isNotFound(error)) return;
    events.event(set, "Warning", "FailedDelete", `Delete ${what} failed error: ${messageOf(error)}`);
    throw error;
  }
}

const take = (sync: Sync, step: Step): Promise<void> =>
  step.do === "create" ? createMember(sync, step.ordinal) : deleteMember(sync, step.pod, step.failed === true);

function statusOf({ set, history, current, update }: Sync, { pods, nowMs }: Members): Status {
  const count = (fits: (pod: ReadonlyPod) => boolean): number => pods.filter(fits).length;
  const replicas = pods.length;
  const ready = count(isRunningAndReady);
  const updated = count((pod) => !isDying(pod) && revisionOf(pod) === update.metadata.name);
  const isRolling = set.spec.updateStrategy.type === "RollingUpdate";
  const isComplete = isRolling && updated === replicas && ready === replicas && replicas === set.spec.replicas;
  const reached = isComplete ? update : current;
  const ofCurrent = count((pod) => !isDying(pod) && revisionOf(pod) === reached.metadata.name);
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas,
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(ofCurrent === 0 ? {} : { currentReplicas: ofCurrent }),
    ...(updated === 0 ? {} : { updatedReplicas: updated }),
    currentRevision: reached.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: history.collisions,
    availableReplicas: count((pod) => isRunningAndReady(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)),
  };
}

const reconcile: Reconcile<StatefulSet> = async (set, context) => {
  const { client, listers, clock, requeueAfter } = context;
  const owned = listers.ownedBy(Pod, set);
  const orphans = listers.orphans(Pod, set.metadata.namespace ?? "").filter((pod) => ordinalOf(set, pod) >= 0);
  const pods = await claimOwned({ client, owner: set, ownerKind: StatefulSet, of: Pod, owned, orphans });
  const historyOf: HistoryOf = { owner: set, ownerKind: StatefulSet, hashLabel: HASH, context };
  const history = await syncHistory(historyOf);
  const update = history.current;
  const current = history.revisions.find(({ metadata }) => metadata.name === set.status.currentRevision) ?? update;
  const sync: Sync = { set, context, history, current, update };
  const members: Members = { set, pods, updateRevision: update.metadata.name, nowMs: clock.now() };

  await client.updateStatusIfChanged(StatefulSet, set, statusOf(sync, members));
  if (set.metadata.deletionTimestamp !== undefined) return;
  // Before a Pod goes its claims know whether they go with it.
  for (const pod of pods) if (!isDying(pod)) await retainClaims(set, pod, context);
  for (const step of nextSteps(members)) await take(sync, step);
  const inUse = ({ metadata }: Revision): boolean =>
    metadata.name === current.metadata.name || pods.some((pod) => revisionOf(pod) === metadata.name);
  await trimHistory(historyOf, history, inUse);
  const availableInMs = nextAvailableInMs(pods, set.spec.minReadySeconds ?? 0, members.nowMs);
  if (availableInMs !== undefined) requeueAfter(keyOf(set), availableInMs);
};

export const statefulSetController: Controller<StatefulSet> = {
  name: "statefulset-controller",
  reconciles: StatefulSet,
  wokenBy: [{ owned: Pod }, { orphans: Pod }, { owned: ControllerRevision }],
  reads: [PersistentVolumeClaim],
  reconcile,
};

/** The ReplicaSets of one Deployment: finding, making, sizing and tidying them. */

import { Deployment } from "../../api/apps/deployment.ts";
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { conditionOf } from "../../api/conditions.ts";
import { isAlreadyExists } from "../../api/errors.ts";
import { controllerOf, controllerReference, type Draft } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import type { ControllerContext } from "../controller.ts";
import { isNamespaceEnding, messageOf } from "../pod-control.ts";
import * as revisions from "./revision.ts";
import { maxSurge, newReplicaSetSize, olderFirst, replicasOf, type Scaling } from "./rollout.ts";
import { condition, hasProgressDeadline, historyLimit, type Status, withCondition } from "./status.ts";

type ReadonlyDeployment = DeepReadonly<Deployment>;
type ReadonlyReplicaSet = DeepReadonly<ReplicaSet>;

/** The state that one reconcile works on. Writes replace what they changed. */
export interface Rollout {
  deployment: ReadonlyDeployment;
  newSet: ReadonlyReplicaSet | undefined;
  readonly old: ReadonlyReplicaSet[];
  readonly context: ControllerContext;
}

export const allSets = ({ newSet, old }: Rollout): readonly ReadonlyReplicaSet[] =>
  newSet === undefined ? old : [...old, newSet];

/** Sorts the ReplicaSets into the one of the present template and the others. */
export function rolloutOf(
  deployment: ReadonlyDeployment,
  sets: readonly ReadonlyReplicaSet[],
  context: ControllerContext,
): Rollout {
  const sorted = sets.toSorted(olderFirst);
  const newSet = revisions.findNew(deployment, sorted);
  return { deployment, newSet, old: sorted.filter((set) => set !== newSet), context };
}

export async function writeStatus(rollout: Rollout, status: Status): Promise<void> {
  rollout.deployment = await rollout.context.client.updateStatusIfChanged(Deployment, rollout.deployment, status);
}

/** Brings revision and annotations of the new ReplicaSet up to date, and makes it where it is missing and `create` says so. */
export async function syncNewReplicaSet(rollout: Rollout, { create }: { create: boolean }): Promise<void> {
  const revision = Math.max(0, ...rollout.old.map(revisions.revisionOf)) + 1;
  if (rollout.newSet !== undefined) await updateNewReplicaSet(rollout, rollout.newSet, revision);
  else if (create) await createNewReplicaSet(rollout, revision);
}

async function updateNewReplicaSet(rollout: Rollout, set: ReadonlyReplicaSet, revision: number): Promise<void> {
  const { deployment, context } = rollout;
  const { minReadySeconds = 0 } = deployment.spec;
  const annotations = revisions.revisionAnnotations(deployment, set.metadata.annotations, revision);
  if (!sameContent(annotations, set.metadata.annotations ?? {}) || (set.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    const changed = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, minReadySeconds } };
    rollout.newSet = await context.client.update(ReplicaSet, changed);
  }
  await takeRevision(rollout, annotations[revisions.REVISION]);
  if (!hasProgressDeadline(deployment) || conditionOf(deployment.status.conditions, "Progressing") !== undefined) return;
  await progressed(rollout, "FoundNewReplicaSet", `Found new replica set "${set.metadata.name}"`);
}

async function progressed(rollout: Rollout, reason: string, message: string): Promise<void> {
  const next = condition("Progressing", "True", reason, message, rollout.context.clock.now());
  await writeStatus(rollout, withCondition(rollout.deployment.status, next));
}

/** The Deployment carries the revision of its new ReplicaSet. A status write may say so, and does not count as a new generation. */
async function takeRevision(rollout: Rollout, revision: string | undefined): Promise<void> {
  const { deployment } = rollout;
  if (revision === undefined || deployment.metadata.annotations?.[revisions.REVISION] === revision) return;
  const annotations = { ...deployment.metadata.annotations, [revisions.REVISION]: revision };
  const changed = { ...deployment, metadata: { ...deployment.metadata, annotations } };
  rollout.deployment = await rollout.context.client.update(Deployment, changed, { subresource: "status" });
}

function draftReplicaSet({ deployment, old }: Rollout, hash: string, revision: number): Draft<ReplicaSet> {
  const { template, selector, minReadySeconds = 0 } = deployment.spec;
  const labels = { ...template.metadata?.labels, [revisions.TEMPLATE_HASH]: hash };
  return {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? "",
      labels,
      annotations: { ...revisions.revisionAnnotations(deployment, undefined, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: newReplicaSetSize(deployment, old, 0),
      ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [revisions.TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  } as unknown as Draft<ReplicaSet>;
}

const sizeAnnotations = (deployment: ReadonlyDeployment) => ({
  [revisions.DESIRED_REPLICAS]: String(replicasOf(deployment)),
  [revisions.MAX_REPLICAS]: String(replicasOf(deployment) + maxSurge(deployment)),
});

async function createNewReplicaSet(rollout: Rollout, revision: number): Promise<void> {
  const { deployment, context } = rollout;
  const hash = revisions.templateHash(deployment.spec.template, deployment.status.collisionCount);
  const draft = draftReplicaSet(rollout, hash, revision);
  let existed = false;
  try {
    rollout.newSet = await context.client.create(ReplicaSet, draft);
  } catch (error) {
    if (isAlreadyExists(error)) {
      rollout.newSet = await sameUnderThatName(rollout, draft, error);
      existed = true;
    } else {
      await sayWhyNotCreated(rollout, `${deployment.metadata.name}-${hash}`, error);
      throw error;
    }
  }
  const { name } = rollout.newSet.metadata;
  const size = replicasOf(rollout.newSet);
  if (!existed && size > 0) {
    context.events.event(deployment, "Normal", "ScalingReplicaSet", `Scaled up replica set ${name} from 0 to ${size}`);
  }
  await takeRevision(rollout, String(revision));
  if (!existed && hasProgressDeadline(deployment))
    await progressed(rollout, "NewReplicaSetCreated", `Created new replica set "${name}"`);
}

/** Ours of an earlier try that the cache has not shown; otherwise the hash collides with another template's and counts as taken. */
async function sameUnderThatName(rollout: Rollout, draft: Draft<ReplicaSet>, error: unknown): Promise<ReplicaSet> {
  const { deployment, context } = rollout;
  const ref = { namespace: deployment.metadata.namespace ?? "", name: draft.metadata?.name ?? "" };
  const found = await context.client.get(ReplicaSet, ref);
  const ours = controllerOf(found)?.uid === deployment.metadata.uid;
  if (ours && revisions.sameTemplate(found.spec.template, deployment.spec.template)) return found;
  await writeStatus(rollout, { ...deployment.status, collisionCount: (deployment.status.collisionCount ?? 0) + 1 });
  throw error;
}

async function sayWhyNotCreated(rollout: Rollout, name: string, error: unknown): Promise<void> {
  if (isNamespaceEnding(error)) return;
  const { deployment, context } = rollout;
  const message = `Failed to create new replica set "${name}": ${messageOf(error)}`;
  context.events.event(deployment, "Warning", "ReplicaSetCreateError", message);
  if (!hasProgressDeadline(deployment)) return;
  const next = condition("Progressing", "False", "ReplicaSetCreateError", message, context.clock.now());
  await writeStatus(rollout, withCondition(deployment.status, next));
}

/** Gives ReplicaSets their sizes, and says so. */
export async function scale(rollout: Rollout, scalings: readonly Scaling[]): Promise<void> {
  const { context, deployment } = rollout;
  const sizes = sizeAnnotations(deployment);
  for (const { replicaSet, replicas } of scalings) {
    const annotations = { ...replicaSet.metadata.annotations, ...sizes };
    const before = replicasOf(replicaSet);
    if (before === replicas && sameContent(annotations, replicaSet.metadata.annotations)) continue;
    const changed = { ...replicaSet, metadata: { ...replicaSet.metadata, annotations }, spec: { ...replicaSet.spec, replicas } };
    const written = await context.client.update(ReplicaSet, changed);
    if (rollout.newSet === replicaSet) rollout.newSet = written;
    else rollout.old[rollout.old.indexOf(replicaSet)] = written;
    if (before === replicas) continue;
    const message = `Scaled ${before < replicas ? "up" : "down"} replica set ${replicaSet.metadata.name} from ${before} to ${replicas}`;
    context.events.event(deployment, "Normal", "ScalingReplicaSet", message);
  }
}

/** Deletes old ReplicaSets beyond the history limit, the lowest revisions first; none that still has or wants Pods. */
export async function tidy({ deployment, old, context }: Rollout): Promise<void> {
  const limit = historyLimit(deployment);
  if (limit === undefined) return;
  const alive = old.filter(({ metadata }) => !metadata.deletionTimestamp);
  const surplus = alive.toSorted((a, b) => revisions.revisionOf(a) - revisions.revisionOf(b) || olderFirst(a, b));
  for (const set of surplus.slice(0, Math.max(0, alive.length - limit))) {
    const settled = (set.metadata.generation ?? 0) <= (set.status.observedGeneration ?? 0);
    if (set.status.replicas !== 0 || replicasOf(set) !== 0 || !settled) continue;
    await context.client.delete(ReplicaSet, { namespace: set.metadata.namespace ?? "", name: set.metadata.name });
  }
}

/**
 * Which claims of a StatefulSet go with what: an owner reference to the set takes a claim away with the set, one to a Pod that is
 * scaled down takes it away with that Pod. The garbage collector does the rest.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
 */
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { isNotFound } from "../../api/errors.ts";
import { controllerReference, type OwnerReference } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Lister } from "../../client/informer.ts";
import type { ControllerContext } from "../controller.ts";
import { messageOf } from "../pod-control.ts";
import { claimsOf, ordinalOf, podName, type ReadonlyPod, type ReadonlySet } from "./identity.ts";
import { firstOrdinal } from "./plan.ts";

type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
type Reference = DeepReadonly<OwnerReference>;

const isMember = (set: ReadonlySet, ordinal: number): boolean =>
  ordinal >= firstOrdinal(set) && ordinal < firstOrdinal(set) + set.spec.replicas;

/** The owners that the claim of a Pod is to have; undefined where it has them. A claim that somebody else manages is left alone. */
export function retainedOwners(
  set: ReadonlySet,
  pod: ReadonlyPod,
  { metadata }: ReadonlyClaim,
): readonly Reference[] | undefined {
  const { whenScaled = "Retain", whenDeleted = "Retain" } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const before = metadata.ownerReferences ?? [];
  const ours = new Set([set.metadata.uid, pod.metadata.uid]);
  if (before.some(({ controller, uid }) => controller && !ours.has(uid))) return undefined;
  const isLeaving = whenScaled === "Delete" && !isMember(set, ordinalOf(set, pod));
  const owner = isLeaving ? pod : whenDeleted === "Delete" ? set : undefined;
  const mine = before.filter(({ uid }) => ours.has(uid));
  const [only] = mine;
  const isRight = owner === undefined ? mine.length === 0 : mine.length === 1 && only?.uid === owner.metadata.uid;
  if (isRight) return undefined;
  const others = before.filter(({ uid }) => !ours.has(uid));
  return owner === undefined ? others : [...others, controllerReference(owner)];
}

const claimsThatAre = (set: ReadonlySet, ordinal: number, listers: Lister): ReadonlyClaim[] =>
  claimsOf(set, ordinal).flatMap(
    ({ metadata }) => listers.get(PersistentVolumeClaim, set.metadata.namespace ?? "", metadata?.name ?? "") ?? [],
  );

/** Writes the owners of the claims of one Pod. */
export async function retainClaims(set: ReadonlySet, pod: ReadonlyPod, context: ControllerContext): Promise<void> {
  const { client, events, listers } = context;
  for (const claim of claimsThatAre(set, ordinalOf(set, pod), listers)) {
    const ownerReferences = retainedOwners(set, pod, claim);
    if (ownerReferences === undefined) continue;
    try {
      await client.update(PersistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, ownerReferences } });
    } catch (error) {
      if (isNotFound(error)) continue;
      const what = `could not update claim ${claim.metadata.name} for delete policy ownerRefs: ${messageOf(error)}`;
      const where = `Update Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error`;
      events.event(set, "Warning", "FailedUpdate", `${where}: ${what}`);
      throw error;
    }
  }
}

/** Whether a claim of this ordinal is about to go with the Pod that had it before: a new Pod waits for a new claim. */
export const hasStaleClaim = (set: ReadonlySet, ordinal: number, listers: Lister): boolean =>
  claimsThatAre(set, ordinal, listers).some(({ metadata }) =>
    metadata.ownerReferences?.some(({ kind, name }) => kind === "Pod" && name === podName(set, ordinal)),
  );

/**
 * Lets a claim that is being deleted go once no Pod uses it.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { controllerOf, keyOf, objectKey } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Controller, gone } from "../controller.ts";
import { isEnded } from "../pod-facts.ts";
import { claimsUsedBy, PODS_BY_CLAIM, podsByClaim, type ReadonlyClaim } from "./binding.ts";

type ReadonlyPod = DeepReadonly<Pod>;

const FINALIZER = "kubernetes.io/pvc-protection";

/** A Pod that has no node yet uses nothing: no node starts a Pod whose claim is being deleted. */
function usesClaim(pod: ReadonlyPod, claim: ReadonlyClaim): boolean {
  if (!pod.spec.nodeName || !claimsUsedBy(pod).includes(claim.metadata.name)) return false;
  const byName = pod.spec.volumes?.some(({ persistentVolumeClaim: of }) => of?.claimName === claim.metadata.name);
  // A claim that was made for the Pod is not needed once the Pod has ended.
  return byName || (!isEnded(pod) && controllerOf(claim)?.uid === pod.metadata.uid);
}

export const claimProtection: Controller<PersistentVolumeClaim> = {
  name: "pvc-protection-controller",
  reconciles: PersistentVolumeClaim,
  wokenBy: [
    gone(
      Pod,
      (pod) => claimsUsedBy(pod).map((name) => objectKey(pod.metadata.namespace ?? "", name)),
      (pod, previous) => isEnded(pod) === isEnded(previous),
    ),
  ],
  indexes: [podsByClaim],
  async reconcile(claim, { client, listers }) {
    const { finalizers = [], deletionTimestamp, namespace = "" } = claim.metadata;
    const write = (next: readonly string[]) =>
      client.update(PersistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, finalizers: next } });
    const isProtected = finalizers.includes(FINALIZER);
    if (deletionTimestamp === undefined) {
      if (!isProtected) await write([...finalizers, FINALIZER]);
      return;
    }
    if (!isProtected) return;
    const isUsed = (pod: ReadonlyPod): boolean => usesClaim(pod, claim);
    if (listers.byIndex(Pod, PODS_BY_CLAIM, keyOf(claim)).some(isUsed)) return;
    // A Pod that was bound a moment ago may not be in the cache yet.
    const { items } = await client.list(Pod, { namespace });
    if (!items.some(isUsed)) await write(finalizers.filter((each) => each !== FINALIZER));
  },
};

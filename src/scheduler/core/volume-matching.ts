/**
 * Which volume would serve a claim on a node: the smallest that fits, or one to be made there.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
import { selectorMatches } from "../../api/core/node-affinity.ts";
import type { TopologySelectorTerm } from "../../api/generated/storage-v1.ts";
import { quantityValue } from "../../api/quantity.ts";
import { selectorFromObject } from "../../api/selectors/labels.ts";
import { fits, isFreeFor, offeredBytes, requestedBytes } from "../../api/storage/volume-matching.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { NodeFacts } from "./snapshot.ts";
import type { Claim, Class, PersistentVolumeFacts, VolumeState } from "./volume-state.ts";

const NO_PROVISIONER = "kubernetes.io/no-provisioner";

export const reachable = ({ spec }: PersistentVolumeFacts, node: NodeFacts): boolean =>
  !spec.nodeAffinity?.required || selectorMatches(spec.nodeAffinity.required, node);

/** Volumes that `taken` names are left out. */
export function matchingVolume(
  claim: Claim,
  volumes: readonly PersistentVolumeFacts[],
  node: NodeFacts,
  { state, taken }: { state: VolumeState; taken: ReadonlySet<string> },
): PersistentVolumeFacts | undefined {
  let smallest: PersistentVolumeFacts | undefined;
  let smallestBytes = Number.POSITIVE_INFINITY;
  for (const volume of volumes) {
    const reserved = state.isFor(volume, claim);
    if (taken.has(volume.metadata.name) || (state.isTaken(volume) && !reserved) || !fits(volume, claim)) continue;
    if (reserved) return reachable(volume, node) ? volume : undefined;
    const bytes = offeredBytes(volume);
    if (bytes >= smallestBytes || !isFreeFor(volume, claim) || !reachable(volume, node)) continue;
    smallest = volume;
    smallestBytes = bytes;
  }
  return smallest;
}

const termHolds = ({ matchLabelExpressions = [] }: DeepReadonly<TopologySelectorTerm>, { labels }: NodeFacts): boolean =>
  matchLabelExpressions.length > 0 && matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? ""));

/** Whether a volume of the class can be made for that node. */
export function canProvision({ provisioner, allowedTopologies = [] }: Class, node: NodeFacts): boolean {
  if (!provisioner || provisioner === NO_PROVISIONER) return false;
  return allowedTopologies.length === 0 || allowedTopologies.some((term) => termHolds(term, node));
}

/** Only drivers that say so publish how much is free where. */
export function hasCapacity(claim: Claim, { metadata, provisioner }: Class, node: NodeFacts, state: VolumeState): boolean {
  if (!state.csiDrivers.get(provisioner)?.spec.storageCapacity) return true;
  const wanted = requestedBytes(claim);
  for (const { storageClassName, capacity, maximumVolumeSize, nodeTopology } of state.capacities.values()) {
    const limit = maximumVolumeSize ?? capacity;
    if (storageClassName !== metadata.name || limit === undefined || quantityValue(limit) < wanted) continue;
    if (selectorFromObject(nodeTopology).matches(node.labels)) return true;
  }
  return false;
}

/**
 * Which volume would serve a claim on a node: the smallest that fits, or one to be made there.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
import { selectorMatches } from "../../api/core/node-affinity.ts";
import type { TopologySelectorTerm } from "../../api/generated/storage-v1.ts";
import { quantityValue } from "../../api/quantity.ts";
import { selectorFromObject } from "../../api/selectors/labels.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { NodeFacts } from "./snapshot.ts";
import { type Claim, type Class, classOf, type PersistentVolumeFacts, type VolumeState } from "./volume-state.ts";

const NO_PROVISIONER = "kubernetes.io/no-provisioner";

export const requestedBytes = ({ spec }: Claim): number => quantityValue(spec.resources?.requests?.storage ?? "0");

export const reachable = ({ spec }: PersistentVolumeFacts, node: NodeFacts): boolean =>
  !spec.nodeAffinity?.required || selectorMatches(spec.nodeAffinity.required, node);

/** Whether a free volume suits the claim, wherever it is. */
function suits({ metadata, spec, status }: PersistentVolumeFacts, claim: Claim): boolean {
  if (status?.phase !== "Available" || classOf({ metadata, spec }) !== classOf(claim)) return false;
  if (claim.spec.selector && !selectorFromObject(claim.spec.selector).matches(metadata.labels)) return false;
  const offered = spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode) => offered.includes(mode));
}

/** Volumes that `taken` names are left out. */
export function matchingVolume(
  claim: Claim,
  volumes: readonly PersistentVolumeFacts[],
  node: NodeFacts,
  { state, taken }: { state: VolumeState; taken: ReadonlySet<string> },
): PersistentVolumeFacts | undefined {
  const wanted = requestedBytes(claim);
  let smallest: PersistentVolumeFacts | undefined;
  let smallestBytes = Number.POSITIVE_INFINITY;
  for (const volume of volumes) {
    const { metadata, spec } = volume;
    const reserved = state.isFor(volume, claim);
    if (taken.has(metadata.name) || (state.isTaken(volume) && !reserved) || metadata.deletionTimestamp) continue;
    const bytes = quantityValue(spec.capacity?.storage ?? "0");
    if (bytes < wanted || (spec.volumeMode ?? "Filesystem") !== (claim.spec.volumeMode ?? "Filesystem")) continue;
    if ((spec.volumeAttributesClassName ?? "") !== (claim.spec.volumeAttributesClassName ?? "")) continue;
    if (reserved) return reachable(volume, node) ? volume : undefined;
    if (bytes >= smallestBytes || !suits(volume, claim) || !reachable(volume, node)) continue;
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

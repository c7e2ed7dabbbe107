/**
 * Keeps to the number of volumes that a CSI driver can attach to a node.
 * https://kubernetes.io/docs/concepts/storage/storage-limits/
 */
import { storageClassOf } from "../../../api/storage/volume-matching.ts";
import { type Plugin, type Prepared, SKIP } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import type { Snapshot } from "../snapshot.ts";
import { type Claim, keyOf, type VolumeState } from "../volume-state.ts";

const TOO_MANY = [{ reason: "node(s) exceed max volume count", preemptible: true }];

/** The driver and what it calls the volume; a volume that is yet to be made counts by its claim. */
function attachment(claim: Claim, state: VolumeState): readonly [driver: string, id: string] | undefined {
  const volume = claim.spec.volumeName ? state.volumes.get(claim.spec.volumeName) : undefined;
  if (volume !== undefined) {
    const { csi } = volume.spec;
    return csi ? [csi.driver, csi.volumeHandle] : undefined;
  }
  const provisioner = state.classes.get(storageClassOf(claim))?.provisioner;
  return provisioner ? [provisioner, `claim ${keyOf(claim)}`] : undefined;
}

/** By driver the volumes of a Pod. */
function collect({ pod, claims }: PodInfo, state: VolumeState, into: Map<string, Set<string>>): void {
  for (const { name } of claims) {
    const claim = state.claims.get(`${pod.metadata.namespace}/${name}`);
    const [driver, id] = (claim && attachment(claim, state)) ?? [];
    if (driver === undefined || id === undefined) continue;
    into.set(driver, (into.get(driver) ?? new Set<string>()).add(id));
  }
}

function exceeds(node: number, wanted: ReadonlyMap<string, ReadonlySet<string>>, snapshot: Snapshot): boolean {
  const { volumes, nodes, pods } = snapshot;
  const limits = new Map<string, number>();
  for (const { name, allocatable } of volumes.csiNodes.get(nodes[node]!.name)?.spec.drivers ?? [])
    if (allocatable?.count !== undefined && wanted.has(name)) limits.set(name, allocatable.count);
  if (limits.size === 0) return false;
  const attached = new Map<string, Set<string>>();
  for (const info of pods[node]!.values()) if (info.claims.length > 0) collect(info, volumes, attached);
  for (const [driver, limit] of limits) {
    const there = attached.get(driver) ?? new Set<string>();
    const added = wanted.get(driver)!.difference(there).size;
    if (added > 0 && there.size + added > limit) return true;
  }
  return false;
}

export const nodeVolumeLimits: Plugin = {
  name: "NodeVolumeLimits",
  weight: 0,
  wokenBy: ["Node:added", "Pod:removed", "Claim:changed", "StorageDriver:changed"],
  normalize: "none",

  prepare(pod, snapshot): Prepared | typeof SKIP {
    if (pod.claims.length === 0) return SKIP;
    const wanted = new Map<string, Set<string>>();
    collect(pod, snapshot.volumes, wanted);
    if (wanted.size === 0) return SKIP;
    return { refuses: (node) => exceeds(node, wanted, snapshot), explain: () => TOO_MANY };
  },
};

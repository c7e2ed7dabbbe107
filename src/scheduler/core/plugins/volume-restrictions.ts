/**
 * Keeps Pods apart that must not share a volume: claims that only one Pod may use, and disks that can be attached once.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
 */
import { type Plugin, type Prepared, SKIP } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import type { Disk } from "../pod-volumes.ts";
import type { Snapshot } from "../snapshot.ts";

const DISK_IN_USE = [{ reason: "node(s) had no available disk", preemptible: true }];
const CLAIM_IN_USE = [
  {
    reason: "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
    preemptible: true,
  },
];

const clash = (a: Disk, b: Disk): boolean => a.id === b.id && !(a.readOnly && b.readOnly);

function diskInUse({ disks }: PodInfo, { pods }: Snapshot, node: number): boolean {
  if (disks.length === 0) return false;
  for (const other of pods[node]!.values())
    if (other.disks.some((used) => disks.some((wanted) => clash(wanted, used)))) return true;
  return false;
}

/** Whether another Pod, wherever it is, uses one of the claims that only one Pod may use; a text where a claim is missing. */
function exclusiveClaimInUse({ pod, claims }: PodInfo, { volumes }: Snapshot): boolean | string {
  let inUse = false;
  for (const { name, ephemeral } of claims) {
    if (ephemeral) continue;
    const key = `${pod.metadata.namespace}/${name}`;
    const claim = volumes.claims.get(key);
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (claim.spec.accessModes?.includes("ReadWriteOncePod") && volumes.users(key) > 0) inUse = true;
  }
  return inUse;
}

export const volumeRestrictions: Plugin = {
  name: "VolumeRestrictions",
  weight: 0,
  wokenBy: ["Node:added", "Pod:removed", "Claim:changed"],
  normalize: "none",

  prepare(pod, snapshot): Prepared | typeof SKIP {
    if (pod.claims.length === 0 && pod.disks.length === 0) return SKIP;
    const claimInUse = exclusiveClaimInUse(pod, snapshot);
    if (typeof claimInUse === "string") return { rejection: claimInUse };
    return {
      refuses: (node) => claimInUse || diskInUse(pod, snapshot, node),
      explain: (node) => (diskInUse(pod, snapshot, node) ? DISK_IN_USE : CLAIM_IN_USE),
    };
  },
};

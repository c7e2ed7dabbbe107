/** What of a Pod's volumes decisions look at. */
import type { Pod } from "../../api/generated/core-v1.ts";
import type { Volume } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export interface ClaimReference {
  /** Name of the claim in the Pod's namespace. */
  readonly name: string;
  /** Made from a template in the Pod. */
  readonly ephemeral: boolean;
}

/** A disk that can be attached once, or several times only for reading. */
export interface Disk {
  readonly id: string;
  readonly readOnly: boolean;
}

export function claimReferences({ metadata, spec }: DeepReadonly<Pod>): readonly ClaimReference[] {
  const claims: ClaimReference[] = [];
  for (const { name, persistentVolumeClaim, ephemeral } of spec.volumes ?? []) {
    if (persistentVolumeClaim) claims.push({ name: persistentVolumeClaim.claimName, ephemeral: false });
    else if (ephemeral) claims.push({ name: `${metadata.name}-${name}`, ephemeral: true });
  }
  return claims;
}

function disksOfVolume(volume: DeepReadonly<Volume>): readonly Disk[] {
  const { gcePersistentDisk, awsElasticBlockStore, iscsi, rbd } = volume;
  if (gcePersistentDisk) return [{ id: `gce/${gcePersistentDisk.pdName}`, readOnly: gcePersistentDisk.readOnly ?? false }];
  if (awsElasticBlockStore) return [{ id: `aws/${awsElasticBlockStore.volumeID}`, readOnly: false }];
  if (iscsi) return [{ id: `iscsi/${iscsi.iqn}`, readOnly: iscsi.readOnly ?? false }];
  const { monitors = [], pool = "rbd", image = "", readOnly = false } = rbd ?? {};
  return monitors.map((monitor) => ({ id: `rbd/${monitor}/${pool}/${image}`, readOnly }));
}

export const podDisks = ({ spec }: DeepReadonly<Pod>): readonly Disk[] => (spec.volumes ?? []).flatMap(disksOfVolume);

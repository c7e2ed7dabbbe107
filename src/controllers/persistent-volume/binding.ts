/**
 * Ties a volume to a claim: first the volume says whose it is, then the claim which it has. Whoever is interrupted between the writes
 * goes on from what is written.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
import { PersistentVolume } from "../../api/core/persistent-volume.ts";
import { PersistentVolumeClaim } from "../../api/core/persistent-volume-claim.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { objectKey } from "../../api/meta.ts";
import { isReservedFor, storageClassOf } from "../../api/storage/volume-matching.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Client } from "../../client/client.ts";
import { index } from "../controller.ts";

export type ReadonlyVolume = DeepReadonly<PersistentVolume>;
export type ReadonlyClaim = DeepReadonly<PersistentVolumeClaim>;
export type VolumePhase = NonNullable<PersistentVolume["status"]["phase"]>;

const BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
const BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

export const isBoundByController = ({ metadata }: ReadonlyVolume | ReadonlyClaim): boolean =>
  metadata.annotations?.[BOUND_BY_CONTROLLER] !== undefined;
export const isBindCompleted = ({ metadata }: ReadonlyClaim): boolean => metadata.annotations?.[BIND_COMPLETED] !== undefined;

/** `namespace/name` of the claim for which the volume is reserved. */
export const claimKeyOf = ({ spec: { claimRef } }: ReadonlyVolume): string | undefined =>
  claimRef && objectKey(claimRef.namespace ?? "", claimRef.name ?? "");

export const ephemeralClaimName = ({ metadata }: DeepReadonly<Pod>, volumeName: string): string =>
  `${metadata.name}-${volumeName}`;

/** Names of the claims that a Pod uses. */
export const claimsUsedBy = (pod: DeepReadonly<Pod>): string[] =>
  (pod.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [ephemeralClaimName(pod, name)] : [];
  });

export const PODS_BY_CLAIM = "podsByClaim";
export const podsByClaim = index(Pod, PODS_BY_CLAIM, (pod) =>
  claimsUsedBy(pod).map((name) => objectKey(pod.metadata.namespace ?? "", name)),
);

export const VOLUMES_BY_CLASS = "volumesByClass";
export const VOLUMES_BY_CLAIM = "volumesByClaim";
/** Claims that have no volume yet, by the class that they ask for. */
export const UNBOUND_BY_CLASS = "unboundClaimsByClass";
export const CLAIMS_BY_VOLUME = "claimsByVolume";

export const bindingIndexes = [
  podsByClaim,
  index(PersistentVolume, VOLUMES_BY_CLASS, (volume) => [storageClassOf(volume)]),
  index(PersistentVolume, VOLUMES_BY_CLAIM, (volume) => [claimKeyOf(volume) ?? []].flat()),
  index(PersistentVolumeClaim, UNBOUND_BY_CLASS, (claim) => (claim.spec.volumeName ? [] : [storageClassOf(claim)])),
  index(PersistentVolumeClaim, CLAIMS_BY_VOLUME, ({ spec }) => (spec.volumeName ? [spec.volumeName] : [])),
];

export const setVolumePhase = (
  client: Client,
  volume: ReadonlyVolume,
  phase: VolumePhase,
  message?: string,
): Promise<ReadonlyVolume> => {
  const { message: _, phase: before, ...status } = volume.status ?? {};
  // Another phase begins now; the server says when.
  const { lastPhaseTransitionTime } = status;
  return client.updateStatusIfChanged(PersistentVolume, volume, {
    ...(lastPhaseTransitionTime === undefined ? {} : { lastPhaseTransitionTime }),
    phase,
    ...(message ? { message } : {}),
  } as ReadonlyVolume["status"]);
};

export async function setClaimPhase(
  client: Client,
  claim: ReadonlyClaim,
  phase: NonNullable<PersistentVolumeClaim["status"]["phase"]>,
  volume?: ReadonlyVolume,
): Promise<void> {
  const { accessModes: _modes, capacity, ...status } = claim.status;
  const attributes = volume?.spec.volumeAttributesClassName;
  // The size is told once: what the file system has of it later is told by others.
  const first = claim.status.phase !== phase;
  const size = first ? volume?.spec.capacity : capacity;
  await client.updateStatusIfChanged(PersistentVolumeClaim, claim, {
    ...status,
    phase,
    ...(volume?.spec.accessModes ? { accessModes: volume.spec.accessModes } : {}),
    ...(volume && size ? { capacity: first ? { storage: size.storage ?? "0" } : size } : {}),
    ...(volume && first && attributes ? { currentVolumeAttributesClassName: attributes } : {}),
  });
}

/** The volume says whose it is. */
function reserve(client: Client, volume: ReadonlyVolume, claim: ReadonlyClaim): Promise<ReadonlyVolume> | ReadonlyVolume {
  const { namespace = "", name, uid, resourceVersion = "" } = claim.metadata;
  const wasReserved = isReservedFor(volume, claim);
  if (wasReserved && volume.spec.claimRef?.uid === uid) return volume;
  const { annotations } = volume.metadata;
  return client.update(PersistentVolume, {
    ...volume,
    metadata: wasReserved
      ? volume.metadata
      : { ...volume.metadata, annotations: { ...annotations, [BOUND_BY_CONTROLLER]: "yes" } },
    spec: {
      ...volume.spec,
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid, resourceVersion },
    },
  });
}

/** The claim says which volume it has. */
function settle(client: Client, claim: ReadonlyClaim, volumeName: string): Promise<ReadonlyClaim> | ReadonlyClaim {
  const chosen = claim.spec.volumeName === volumeName;
  if (chosen && isBindCompleted(claim)) return claim;
  const annotations = {
    ...claim.metadata.annotations,
    ...(chosen ? {} : { [BOUND_BY_CONTROLLER]: "yes" }),
    [BIND_COMPLETED]: "yes",
  };
  return client.update(PersistentVolumeClaim, {
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...claim.spec, volumeName },
  });
}

export async function bind(client: Client, volume: ReadonlyVolume, claim: ReadonlyClaim): Promise<void> {
  const bound = await setVolumePhase(client, await reserve(client, volume, claim), "Bound");
  await setClaimPhase(client, await settle(client, claim, volume.metadata.name), "Bound", bound);
}

/** Takes the reservation back: what the controller wrote wholly, what somebody else wrote by its uid alone. */
export async function unbind(client: Client, volume: ReadonlyVolume): Promise<void> {
  const { claimRef, ...spec } = volume.spec;
  const { [BOUND_BY_CONTROLLER]: byController, ...annotations } = volume.metadata.annotations ?? {};
  const { uid: _, ...named } = claimRef ?? {};
  const freed: ReadonlyVolume = await client.update(PersistentVolume, {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: byController === undefined ? { ...spec, claimRef: named as NonNullable<typeof claimRef> } : spec,
  });
  await setVolumePhase(client, freed, "Available");
}

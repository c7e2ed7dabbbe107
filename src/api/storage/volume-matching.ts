/**
 * Which volume serves a claim: the one that is reserved for it, or the smallest that fits. Pure.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PersistentVolume } from "../generated/core-v1.ts";
import type { PersistentVolumeClaim } from "../generated/shared.ts";
import { quantityValue } from "../quantity.ts";
import { selectorFromObject } from "../selectors/index.ts";

type Claim = DeepReadonly<PersistentVolumeClaim>;
type Volume = DeepReadonly<PersistentVolume>;

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

interface Classed {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly storageClassName?: string };
}

/** The class by which a claim or volume is found; the annotation is the older way to name it. "" for none. */
export const storageClassOf = ({ metadata, spec }: Classed): string =>
  metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? "";

/** True where the claim says nothing about its class, so that it gets the default one. */
export const leavesClassOpen = ({ metadata, spec }: Claim): boolean =>
  metadata.annotations?.[CLASS_ANNOTATION] === undefined && spec.storageClassName === undefined;

export const requestedBytes = ({ spec }: Claim): number => quantityValue(spec.resources?.requests?.storage ?? "0");
export const offeredBytes = ({ spec }: Volume): number => quantityValue(spec.capacity?.storage ?? "0");
const modeOf = ({ spec }: Claim | Volume): string => spec.volumeMode ?? "Filesystem";
const attributesOf = ({ spec }: Claim | Volume): string => spec.volumeAttributesClassName ?? "";

const offersAccess = ({ spec }: Volume, claim: Claim): boolean =>
  (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode));

/** Whether the volume is reserved for this claim: by name, and by uid where it says one. */
export function isReservedFor({ spec: { claimRef } }: Volume, { metadata }: Claim): boolean {
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

/** Why the claim cannot have the volume that it names; undefined where it can. */
export function mismatch(volume: Volume, claim: Claim): string | undefined {
  if (volume.metadata.deletionTimestamp) return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`;
  if (offeredBytes(volume) < requestedBytes(claim)) return "requested PV is too small";
  if (storageClassOf(volume) !== storageClassOf(claim)) return "storageClassName does not match";
  if (attributesOf(volume) !== attributesOf(claim)) return "volumeAttributesClassName does not match";
  if (modeOf(volume) !== modeOf(claim)) return "incompatible volumeMode";
  return offersAccess(volume, claim) ? undefined : "incompatible accessMode";
}

/** Whether the volume is as the claim wants it, access modes and class aside. */
export const fits = (volume: Volume, claim: Claim): boolean =>
  !volume.metadata.deletionTimestamp &&
  modeOf(volume) === modeOf(claim) &&
  attributesOf(volume) === attributesOf(claim) &&
  offeredBytes(volume) >= requestedBytes(claim);

/** Whether a volume that nobody has may be given to the claim. */
export function isFreeFor(volume: Volume, claim: Claim): boolean {
  if (volume.status?.phase !== "Available" || storageClassOf(volume) !== storageClassOf(claim)) return false;
  if (claim.spec.selector && !selectorFromObject(claim.spec.selector).matches(volume.metadata.labels)) return false;
  return offersAccess(volume, claim);
}

/** Fewer access modes first, then the smaller, then by name. */
const byFit = (a: Volume, b: Volume): number =>
  (a.spec.accessModes ?? []).length - (b.spec.accessModes ?? []).length ||
  offeredBytes(a) - offeredBytes(b) ||
  (a.metadata.name < b.metadata.name ? -1 : 1);

/** The volume that the claim gets; `reservedOnly` where a free one is chosen by somebody else, with the node of the Pod in mind. */
export function findMatchingVolume(
  claim: Claim,
  volumes: readonly Volume[],
  { reservedOnly = false }: { reservedOnly?: boolean } = {},
): Volume | undefined {
  const usable = volumes.filter((volume) => fits(volume, claim) && offersAccess(volume, claim));
  const reserved = usable.find((volume) => isReservedFor(volume, claim));
  if (reserved !== undefined || reservedOnly) return reserved;
  const [best] = usable.filter((volume) => volume.spec.claimRef === undefined && isFreeFor(volume, claim)).toSorted(byFit);
  return best;
}

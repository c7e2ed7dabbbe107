/**
 * v1 PersistentVolumeClaim: a request for storage.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims
 */
import type * as generated from "../generated/shared.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, formatAccessModes, UNSET } from "../table/cells.ts";

export type PersistentVolumeClaim = generated.PersistentVolumeClaim;

const strategy: Strategy<PersistentVolumeClaim> = {
  unconditionalUpdate: true,

  default({ spec, status }) {
    if (!status.phase) status.phase = "Pending";
    spec.volumeMode ??= "Filesystem";
  },

  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
  },
  columns: (claim) => {
    const { metadata, spec, status } = claim;
    const isBound = Boolean(spec?.volumeName);
    return [
      metadata.name,
      metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
      spec?.volumeName ?? "",
      isBound ? (status?.capacity?.storage ?? "0") : "",
      isBound ? formatAccessModes(status?.accessModes) : "",
      metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "",
      spec?.volumeAttributesClassName ?? UNSET,
      ageOf(claim),
      spec?.volumeMode ?? UNSET,
    ];
  },
};

export const PersistentVolumeClaim: Resource<PersistentVolumeClaim> = resource(
  { group: "", resource: "persistentvolumeclaims" },
  strategy,
);

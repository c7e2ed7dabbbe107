/**
 * storage.k8s.io/v1 StorageClass: how volumes of a kind are made.
 * https://kubernetes.io/docs/concepts/storage/storage-classes/
 */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type StorageClass = generated.StorageClass;

const DEFAULT_CLASS_ANNOTATIONS = [
  "storageclass.kubernetes.io/is-default-class",
  "storageclass.beta.kubernetes.io/is-default-class",
] as const;

const strategy: Strategy<StorageClass> = {
  unconditionalUpdate: true,

  default(storageClass) {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  columns: (storageClass) => {
    const { metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion } = storageClass;
    const isDefault = DEFAULT_CLASS_ANNOTATIONS.some((key) => metadata.annotations?.[key] === "true");
    return [
      isDefault ? `${metadata.name} (default)` : metadata.name,
      provisioner,
      reclaimPolicy ?? "Delete",
      volumeBindingMode ?? "Immediate",
      allowVolumeExpansion ?? false,
      ageOf(storageClass),
    ];
  },
};

export const StorageClass: Resource<StorageClass> = resource({ group: "storage.k8s.io", resource: "storageclasses" }, strategy);

/** storage.k8s.io/v1 VolumeAttributesClass. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type VolumeAttributesClass = generated.VolumeAttributesClass;

const strategy: Strategy<VolumeAttributesClass> = {
  columns: (attributes) => [attributes.metadata.name, attributes.driverName, ageOf(attributes)],
};

export const VolumeAttributesClass: Resource<VolumeAttributesClass> = resource(
  { group: "storage.k8s.io", resource: "volumeattributesclasses" },
  strategy,
);

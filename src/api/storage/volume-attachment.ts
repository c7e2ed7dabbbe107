/** storage.k8s.io/v1 VolumeAttachment. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type VolumeAttachment = generated.VolumeAttachment;

const strategy: Strategy<VolumeAttachment> = {};

export const VolumeAttachment: Resource<VolumeAttachment> = resource(
  { group: "storage.k8s.io", resource: "volumeattachments" },
  strategy,
);

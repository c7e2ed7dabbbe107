/** storage.k8s.io/v1 VolumeAttachment. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type VolumeAttachment = generated.VolumeAttachment;

const strategy: Strategy<VolumeAttachment> = {
  columns: (attachment) => {
    const { metadata, spec, status } = attachment;
    return [
      metadata.name,
      spec?.attacher ?? "",
      spec?.source.persistentVolumeName ?? "",
      spec?.nodeName ?? "",
      status?.attached ?? false,
      ageOf(attachment),
    ];
  },
};

export const VolumeAttachment: Resource<VolumeAttachment> = resource(
  { group: "storage.k8s.io", resource: "volumeattachments" },
  strategy,
);

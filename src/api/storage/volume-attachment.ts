/**
 * storage.k8s.io/v1 VolumeAttachment: that a volume is to be attached to a node.
 * https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/
 */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type VolumeAttachment = generated.VolumeAttachment;

const strategy: Strategy<VolumeAttachment> = {
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
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

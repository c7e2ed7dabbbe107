/**
 * storage.k8s.io/v1 VolumeAttachment: that a volume is to be attached to a node.
 * https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/
 */
import type * as generated from "../generated/storage-v1.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { immutable, requiredBy } from "../validation.ts";
import { validateDriverName } from "./validation.ts";

export type VolumeAttachment = generated.VolumeAttachment;

const strategy: Strategy<VolumeAttachment> = {
  validate({ spec }, previous, report) {
    const here = report.at("spec");
    validateDriverName(spec.attacher, here.at("attacher"));
    requiredBy(spec.nodeName, dnsSubdomainErrors, here.at("nodeName"));
    const { persistentVolumeName, inlineVolumeSpec } = spec.source;
    if (!inlineVolumeSpec && persistentVolumeName === undefined)
      here.at("source").required("must specify exactly one of inlineVolumeSpec and persistentVolumeName");
    else if (inlineVolumeSpec && persistentVolumeName !== undefined)
      here.at("source").forbidden("must specify exactly one of inlineVolumeSpec and persistentVolumeName");
    else if (persistentVolumeName === "")
      here.at("source", "persistentVolumeName").required("must specify non empty persistentVolumeName");
    if (previous) immutable(spec, previous.spec, here);
  },

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

/**
 * v1 PersistentVolume: storage of the cluster, bound to one claim at a time.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 */

import { cloneJson } from "../../base/clone.ts";
import type * as generated from "../generated/core-v1.ts";
import { nodeTermWarnings } from "../node-label-warnings.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, formatAccessModes, UNSET } from "../table/cells.ts";
import { formatTime } from "../time.ts";
import { validateVolume } from "./volume-validation.ts";
import { removedVolumeWarnings } from "./volume-warnings.ts";

export type PersistentVolume = generated.PersistentVolume;

const RECYCLE =
  "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";

const OLD_ANNOTATIONS: Readonly<Record<string, string>> = {
  "volume.beta.kubernetes.io/storage-class": 'deprecated since v1.8; use "storageClassName" attribute instead',
  "volume.beta.kubernetes.io/mount-options": 'deprecated since v1.31; use "mountOptions" attribute instead',
};

const strategy: Strategy<PersistentVolume> = {
  prepareForCreate(volume) {
    const { creationTimestamp } = volume.metadata;
    volume.status = { phase: "Pending", ...(creationTimestamp && { lastPhaseTransitionTime: creationTimestamp }) };
  },

  prepareSubresource: {
    status(volume, previous, nowMs) {
      volume.spec = cloneJson(previous.spec) as PersistentVolume["spec"];
      const { phase, lastPhaseTransitionTime: before } = previous.status;
      if (volume.status.phase !== phase && volume.status.lastPhaseTransitionTime === before)
        volume.status.lastPhaseTransitionTime = formatTime(nowMs);
      else if (volume.status.phase === phase && before !== undefined) volume.status.lastPhaseTransitionTime ??= before;
    },
  },

  validate: validateVolume,
  warnings: ({ metadata, spec }) => [
    ...Object.entries(OLD_ANNOTATIONS).flatMap(([name, now]) =>
      metadata.annotations?.[name] === undefined ? [] : [`metadata.annotations[${name}]: ${now}`],
    ),
    ...(spec.persistentVolumeReclaimPolicy === "Recycle" ? [RECYCLE] : []),
    ...(spec.nodeAffinity?.required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`),
    ),
    ...removedVolumeWarnings(spec, "spec"),
  ],

  unconditionalUpdate: true,

  default({ spec, status }) {
    if (!status.phase) status.phase = "Pending";
    if (!spec.persistentVolumeReclaimPolicy) spec.persistentVolumeReclaimPolicy = "Retain";
    spec.volumeMode ??= "Filesystem";
    if (spec.hostPath) spec.hostPath.type ??= "";
    if (spec.iscsi && !spec.iscsi.iscsiInterface) spec.iscsi.iscsiInterface = "default";
  },
  columns: (volume) => {
    const { metadata, spec, status } = volume;
    return [
      metadata.name,
      spec?.capacity?.storage ?? "0",
      formatAccessModes(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? "",
      metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
      spec?.claimRef ? `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}` : "",
      metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "",
      spec?.volumeAttributesClassName ?? UNSET,
      status?.reason ?? "",
      ageOf(volume),
      spec?.volumeMode ?? UNSET,
    ];
  },
};

export const PersistentVolume: Resource<PersistentVolume> = resource({ group: "", resource: "persistentvolumes" }, strategy);

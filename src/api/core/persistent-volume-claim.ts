/**
 * v1 PersistentVolumeClaim: a request for storage.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/shared.ts";
import { parseQuantity } from "../quantity.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, formatAccessModes, UNSET } from "../table/cells.ts";
import { validateClaimSpec, validateClaimUpdate } from "./volume-validation.ts";

export type PersistentVolumeClaim = generated.PersistentVolumeClaim;

const CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** The older field knows claims and snapshots only; each of the two fields says what the other does. */
function normaliseDataSources(spec: PersistentVolumeClaim["spec"]): void {
  const { dataSource } = spec;
  if (dataSource) {
    const isClaim = !dataSource.apiGroup && dataSource.kind === "PersistentVolumeClaim";
    const isSnapshot = dataSource.apiGroup === "snapshot.storage.k8s.io" && dataSource.kind === "VolumeSnapshot";
    if (!isClaim && !isSnapshot) delete spec.dataSource;
  }
  if (spec.dataSource) spec.dataSourceRef ??= { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSourceRef.namespace) {
    const { namespace: _namespace, ...source } = spec.dataSourceRef;
    spec.dataSource = source;
  }
}

const MILLI_IN_NANO = 1_000_000n;

/** Of sizes that are no whole number of bytes. */
export const claimWarnings = ({ resources }: DeepReadonly<PersistentVolumeClaim["spec"]>, path: string): string[] =>
  (["requests", "limits"] as const).flatMap((field) => {
    const size = resources?.[field]?.storage ?? "0";
    const isWhole = (parseQuantity(size).nano / MILLI_IN_NANO) % 1_000n === 0n;
    return isWhole
      ? []
      : [`${path}.resources.${field}[storage]: fractional byte value ${JSON.stringify(size)} is invalid, must be an integer`];
  });

const strategy: Strategy<PersistentVolumeClaim> = {
  validate(claim, previous, report) {
    if (previous) validateClaimUpdate(claim, previous, report);
    else validateClaimSpec(claim.spec, report.at("spec"));
  },

  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations?.[CLASS_ANNOTATION] === undefined
      ? []
      : [`metadata.annotations[${CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`]),
    ...claimWarnings(spec, "spec"),
  ],

  unconditionalUpdate: true,

  default({ spec, status }) {
    if (!status.phase) status.phase = "Pending";
    spec.volumeMode ??= "Filesystem";
  },

  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
    normaliseDataSources(claim.spec);
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

/**
 * Field errors of volumes and of the claims for them, and what of both may change.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 */
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PersistentVolume } from "../generated/core-v1.ts";
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeSpec,
  TypedObjectReference,
} from "../generated/shared.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { compareQuantities } from "../quantity.ts";
import { follows, immutable, oneOf, requiredOneOf, validateLabelSelector } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateNodeSelectorTerms } from "./pod/validation/scheduling.ts";
import { validateVolumeSource } from "./pod/validation/volumes.ts";

type ClaimSpec = DeepReadonly<PersistentVolumeClaimSpec>;
type VolumeSpec = DeepReadonly<PersistentVolumeSpec>;

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const VOLUME_MODES = ["Block", "Filesystem"];

/** Fields of a volume that say what it is for, not where it lies. */
const COMMON_FIELDS: ReadonlySet<string> = new Set([
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
]);

function validateAccessModes(modes: readonly string[] = [], report: Report): void {
  if (modes.length === 0) return report.required("at least 1 access mode is required");
  for (const mode of modes) oneOf(mode, ACCESS_MODES, report);
  if (modes.includes("ReadWriteOncePod") && modes.length > 1)
    report.forbidden("may not use ReadWriteOncePod with other access modes");
}

function positiveSize(size: string, report: Report): void {
  if (compareQuantities(size, "0") <= 0) report.invalid(size, "must be greater than zero");
}

function validateDataSource(source: DeepReadonly<TypedObjectReference>, report: Report): void {
  const { apiGroup, kind, name, namespace } = source;
  if (!name) report.at("name").required();
  if (!kind) report.at("kind").required();
  if (!apiGroup && kind !== "PersistentVolumeClaim")
    report.invalid(kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  if (apiGroup) follows(apiGroup, dnsSubdomainErrors, report.at("apiGroup"));
  if (namespace) follows(namespace, pathSegmentErrors, report.at("namespace"));
}

export function validateClaimSpec(spec: ClaimSpec, report: Report): void {
  validateAccessModes(spec.accessModes, report.at("accessModes"));
  validateLabelSelector(spec.selector, report.at("selector"));
  const size = spec.resources?.requests?.storage;
  const here = report.at("resources", { key: "storage" });
  if (size === undefined) here.required();
  else positiveSize(size, here);
  for (const field of ["storageClassName", "volumeAttributesClassName"] as const) {
    const name = spec[field];
    if (name) follows(name, dnsSubdomainErrors, report.at(field));
  }
  if (spec.volumeMode !== undefined) oneOf(spec.volumeMode, VOLUME_MODES, report.at("volumeMode"));
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) validateDataSource(dataSource as DeepReadonly<TypedObjectReference>, report.at("dataSource"));
  if (dataSourceRef) validateDataSource(dataSourceRef, report.at("dataSourceRef"));
  if (dataSource && dataSourceRef && !dataSourceRef.namespace && !deepEqual(dataSource, dataSourceRef))
    report.invalid(dataSource, "must match dataSourceRef");
}

/** The new specification with everything that may have changed taken back. */
function withoutFreedom(claim: DeepReadonly<PersistentVolumeClaim>, previous: DeepReadonly<PersistentVolumeClaim>): unknown {
  const { spec } = claim;
  const { spec: before, status } = previous;
  const resized = status.phase === "Bound" && before.resources.requests?.storage !== undefined && spec.resources.requests;
  return {
    ...spec,
    volumeName: before.volumeName ? spec.volumeName : undefined,
    storageClassName: before.storageClassName === undefined ? undefined : spec.storageClassName,
    volumeAttributesClassName: before.volumeAttributesClassName,
    resources: resized
      ? { ...spec.resources, requests: { ...spec.resources.requests, storage: before.resources.requests?.storage } }
      : spec.resources,
  };
}

export function validateClaimUpdate(
  claim: DeepReadonly<PersistentVolumeClaim>,
  previous: DeepReadonly<PersistentVolumeClaim>,
  report: Report,
): void {
  const here = report.at("spec");
  validateClaimSpec(claim.spec, here);
  if (!deepEqual(withoutFreedom(claim, previous), previous.spec))
    here.forbidden("spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
  const [now, before] = [claim.spec.resources.requests?.storage, previous.spec.resources.requests?.storage];
  const granted = previous.status.capacity?.storage;
  if (now && before && compareQuantities(now, before) < 0 && (!granted || compareQuantities(now, granted) <= 0))
    here.at("resources", "requests", "storage").forbidden("field can not be less than status.capacity");
  immutable(claim.spec.volumeMode, previous.spec.volumeMode, report.at("volumeMode"));
}

/** The members that name where the volume lies: one, in a good volume. */
const sourcesOf = (spec: VolumeSpec): [string, unknown][] =>
  Object.entries(spec).filter(([field, value]) => !COMMON_FIELDS.has(field) && value !== undefined);

function validateCapacity(capacity: Readonly<Record<string, string>> = {}, report: Report): void {
  const names = Object.keys(capacity);
  if (names.length === 0) return report.required();
  if (capacity.storage === undefined || names.length > 1) report.notSupported(capacity, ["storage"]);
  for (const [key, size] of Object.entries(capacity)) positiveSize(size, report.at({ key }));
}

function validateSources(spec: VolumeSpec, report: Report): void {
  const sources = sourcesOf(spec);
  if (sources.length === 0) report.required("must specify a volume type");
  sources.forEach(([field, source], index) => {
    if (index > 0) report.at(field).forbidden("may not specify more than 1 volume type");
    else if (field === "local") {
      const { path } = source as { path?: string };
      if (!path) report.at("local", "path").required();
      else if (path.split("/").includes("..")) report.at("local", "path").invalid(path, "must not contain '..'");
    } else validateVolumeSource(field, source, report.at(field));
  });
  if (spec.csi && !spec.csi.volumeHandle) report.at("csi", "volumeHandle").required();
}

function validateVolumeSpec(spec: VolumeSpec, report: Report): void {
  validateAccessModes(spec.accessModes, report.at("accessModes"));
  validateCapacity(spec.capacity, report.at("capacity"));
  requiredOneOf(spec.persistentVolumeReclaimPolicy, ["Delete", "Recycle", "Retain"], report.at("persistentVolumeReclaimPolicy"));
  if (spec.nodeAffinity) {
    const here = report.at("nodeAffinity", "required");
    if (spec.nodeAffinity.required)
      validateNodeSelectorTerms(spec.nodeAffinity.required.nodeSelectorTerms, here.at("nodeSelectorTerms"));
    else here.required("must specify required node constraints");
  }
  validateSources(spec, report);
  if (spec.hostPath?.path === "/" && spec.persistentVolumeReclaimPolicy === "Recycle")
    report.at("persistentVolumeReclaimPolicy").forbidden("may not be 'recycle' for a hostPath mount of '/'");
  if (spec.storageClassName) follows(spec.storageClassName, dnsSubdomainErrors, report.at("storageClassName"));
  if (spec.volumeMode !== undefined) oneOf(spec.volumeMode, VOLUME_MODES, report.at("volumeMode"));
}

export function validateVolume(
  { spec }: DeepReadonly<PersistentVolume>,
  previous: DeepReadonly<PersistentVolume> | undefined,
  report: Report,
): void {
  validateVolumeSpec(spec, report.at("spec"));
  if (spec.local && !spec.nodeAffinity) report.at("metadata", "annotations").required("Local volume requires node affinity");
  if (!previous) return;
  if (!deepEqual(sourcesOf(spec), sourcesOf(previous.spec)))
    report.at("spec", "persistentvolumesource").forbidden("spec.persistentvolumesource is immutable after creation");
  immutable(spec.volumeMode, previous.spec.volumeMode, report.at("volumeMode"));
  if (previous.spec.nodeAffinity) immutable(spec.nodeAffinity, previous.spec.nodeAffinity, report.at("nodeAffinity"));
}

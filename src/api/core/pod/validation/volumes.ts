/** Field errors of the volumes of a Pod. */
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource, Volume } from "../../../generated/shared.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../../../names.ts";
import { compareQuantities } from "../../../quantity.ts";
import type { Report } from "../../../validation-report.ts";
import { validateFieldRef, validateResourceFieldRef } from "./environment.ts";

const MAX_FILE_MODE = 0o777;
const HOST_PATH_TYPES = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

function validateMode(mode: number | undefined, report: Report): void {
  if (mode !== undefined && (mode < 0 || mode > MAX_FILE_MODE))
    report.invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive");
}

/** A path inside the volume: relative, and not out of it. */
function validateLocalPath(path: string | undefined, report: Report): void {
  if (!path) return report.required();
  if (path.startsWith("/")) report.invalid(path, "must be a relative path");
  if (path.split("/").includes("..")) report.invalid(path, "must not contain '..'");
  else if (path.startsWith("..")) report.invalid(path, "must not start with '..'");
}

function validateItems(items: DeepReadonly<KeyToPath[]> | undefined, report: Report): void {
  items?.forEach(({ key, path, mode }, index) => {
    const here = report.at(index);
    if (!key) here.at("key").required();
    validateLocalPath(path, here.at("path"));
    validateMode(mode, here.at("mode"));
  });
}

function validateDownwardFiles(items: DeepReadonly<DownwardAPIVolumeFile[]> | undefined, report: Report): void {
  items?.forEach(({ path, fieldRef, resourceFieldRef, mode }, index) => {
    const here = report.at(index);
    validateLocalPath(path, here.at("path"));
    if (fieldRef) {
      validateFieldRef(fieldRef, "file", here.at("fieldRef"));
      if (resourceFieldRef) here.invalid("resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
    } else if (resourceFieldRef) validateResourceFieldRef(resourceFieldRef, true, here.at("resourceFieldRef"));
    else here.required("one of fieldRef and resourceFieldRef is required");
    validateMode(mode, here.at("mode"));
  });
}

function validateProjected(projected: DeepReadonly<ProjectedVolumeSource>, report: Report): void {
  validateMode(projected.defaultMode, report.at("defaultMode"));
  projected.sources?.forEach((source, index) => {
    const here = report.at("sources", index);
    const kinds = Object.keys(source);
    if (kinds.length > 1) for (const kind of kinds.slice(1)) here.at(kind).forbidden("may not specify more than 1 volume type");
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (configMap) {
      if (!configMap.name) here.at("configMap", "name").required();
      validateItems(configMap.items, here.at("configMap", "items"));
    }
    if (secret) {
      if (!secret.name) here.at("secret", "name").required();
      validateItems(secret.items, here.at("secret", "items"));
    }
    if (downwardAPI) validateDownwardFiles(downwardAPI.items, here.at("downwardAPI", "items"));
    if (!serviceAccountToken) return;
    const { expirationSeconds = MIN_TOKEN_SECONDS, path } = serviceAccountToken;
    const token = here.at("serviceAccountToken");
    if (expirationSeconds < MIN_TOKEN_SECONDS)
      token.at("expirationSeconds").invalid(expirationSeconds, "may not specify a duration less than 10 minutes");
    if (expirationSeconds > MAX_TOKEN_SECONDS)
      token.at("expirationSeconds").invalid(expirationSeconds, "may not specify a duration larger than 2^32 seconds");
    validateLocalPath(path, token.at("path"));
  });
}

/** What each source needs; a source that is not here needs nothing. */
const SOURCES: { readonly [K in keyof Volume]?: (source: DeepReadonly<NonNullable<Volume[K]>>, report: Report) => void } = {
  emptyDir({ sizeLimit }, report) {
    if (sizeLimit !== undefined && compareQuantities(sizeLimit, "0") < 0)
      report.at("sizeLimit").forbidden("SizeLimit field must be a valid resource quantity");
  },
  hostPath({ path, type = "" }, report) {
    if (!path) report.at("path").required();
    else if (path.split("/").includes("..")) report.at("path").invalid(path, "must not contain '..'");
    if (!HOST_PATH_TYPES.includes(type)) report.at("type").notSupported(type, HOST_PATH_TYPES);
  },
  secret({ secretName, items, defaultMode }, report) {
    if (!secretName) report.at("secretName").required();
    validateMode(defaultMode, report.at("defaultMode"));
    validateItems(items, report.at("items"));
  },
  configMap({ name, items, defaultMode }, report) {
    if (!name) report.at("name").required();
    validateMode(defaultMode, report.at("defaultMode"));
    validateItems(items, report.at("items"));
  },
  downwardAPI({ items, defaultMode }, report) {
    validateMode(defaultMode, report.at("defaultMode"));
    validateDownwardFiles(items, report.at("items"));
  },
  projected: validateProjected,
  persistentVolumeClaim({ claimName }, report) {
    if (!claimName) report.at("claimName").required();
  },
  nfs({ server, path }, report) {
    if (!server) report.at("server").required();
    if (!path) report.at("path").required();
    else if (!path.startsWith("/")) report.at("path").invalid(path, "must be an absolute path");
  },
  iscsi({ targetPortal, iqn }, report) {
    if (!targetPortal) report.at("targetPortal").required();
    if (!iqn) report.at("iqn").required();
  },
  csi({ driver }, report) {
    if (!driver) report.at("driver").required();
    else for (const complaint of dnsSubdomainErrors(driver.toLowerCase())) report.at("driver").invalid(driver, complaint);
  },
  ephemeral({ volumeClaimTemplate }, report) {
    if (!volumeClaimTemplate) return report.at("volumeClaimTemplate").required();
    const { accessModes, resources } = volumeClaimTemplate.spec;
    const spec = report.at("volumeClaimTemplate", "spec");
    if (!accessModes?.length) spec.at("accessModes").required("at least 1 access mode is required");
    if (resources?.requests?.storage === undefined) spec.at("resources", { key: "storage" }).required();
  },
};

/** One source, by the name of its field. */
export function validateVolumeSource(field: string, source: unknown, report: Report): void {
  // Each entry takes the source of its own field.
  (SOURCES[field as keyof Volume] as ((source: unknown, report: Report) => void) | undefined)?.(source, report);
}

function validateSource(volume: DeepReadonly<Volume>, report: Report): void {
  const kinds = (Object.keys(volume) as (keyof Volume)[]).filter((field) => field !== "name" && volume[field] !== undefined);
  if (kinds.length === 0) return report.required("must specify a volume type");
  kinds.forEach((kind, index) => {
    if (index > 0) return report.at(kind).forbidden("may not specify more than 1 volume type");
    validateVolumeSource(kind, volume[kind], report.at(kind));
  });
}

export function validateVolumes(volumes: DeepReadonly<Volume[]> | undefined, report: Report): void {
  const names = new Set<string>();
  volumes?.forEach((volume, index) => {
    const here = report.at(index);
    validateSource(volume, here);
    if (!volume.name) return here.at("name").required();
    const complaints = dnsLabelErrors(volume.name);
    for (const complaint of complaints) here.at("name").invalid(volume.name, complaint);
    if (complaints.length === 0 && names.has(volume.name)) here.at("name").duplicate(volume.name);
    names.add(volume.name);
  });
}

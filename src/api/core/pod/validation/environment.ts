/** Field errors of environment variables and of what they take their values from. */
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from "../../../generated/shared.ts";
import { configMapKeyErrors, dnsSubdomainErrors, environmentNameErrors, qualifiedNameErrors } from "../../../names.ts";
import type { Report } from "../../../validation-report.ts";

/** What `fieldRef` may name in an environment variable. */
const ENVIRONMENT_FIELDS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
/** What it may name in a file of a downward API volume. */
const FILE_FIELDS = ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];

const CONTAINER_RESOURCES = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];

const KEYED_FIELD = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/;

export function validateFieldRef(ref: DeepReadonly<ObjectFieldSelector>, place: "environment" | "file", report: Report): void {
  if (!ref.apiVersion) report.at("apiVersion").required();
  if (!ref.fieldPath) return report.at("fieldPath").required();
  const keyed = KEYED_FIELD.exec(ref.fieldPath);
  if (keyed) {
    for (const complaint of qualifiedNameErrors((keyed[2] ?? "").toLowerCase()))
      report.at("fieldPath").invalid(keyed[2], complaint);
    return;
  }
  const known = [...ENVIRONMENT_FIELDS, ...FILE_FIELDS];
  if (!known.includes(ref.fieldPath)) {
    return report
      .at("fieldPath")
      .invalid(ref.fieldPath, `error converting fieldPath: field label not supported: ${ref.fieldPath}`);
  }
  const supported = place === "environment" ? ENVIRONMENT_FIELDS : FILE_FIELDS;
  if (!supported.includes(ref.fieldPath)) report.at("fieldPath").notSupported(ref.fieldPath, [...supported].sort());
}

export function validateResourceFieldRef(
  ref: DeepReadonly<ResourceFieldSelector>,
  needsContainer: boolean,
  report: Report,
): void {
  if (needsContainer && !ref.containerName) return report.at("containerName").required();
  if (!ref.resource) return report.at("resource").required();
  const hugepages = /^(limits|requests)\.hugepages-/.test(ref.resource);
  if (!CONTAINER_RESOURCES.includes(ref.resource) && !hugepages)
    report.at("resource").notSupported(ref.resource, CONTAINER_RESOURCES);
}

interface KeyRef {
  name?: string;
  key: string;
}

function validateKeyRef(ref: DeepReadonly<KeyRef>, report: Report): void {
  for (const complaint of dnsSubdomainErrors(ref.name ?? "")) report.at("name").invalid(ref.name ?? "", complaint);
  if (!ref.key) report.at("key").required();
  else for (const complaint of configMapKeyErrors(ref.key)) report.at("key").invalid(ref.key, complaint);
}

function validateValueFrom(variable: DeepReadonly<EnvVar>, report: Report): void {
  const { valueFrom } = variable;
  if (!valueFrom) return;
  const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
  if (sources === 0)
    return report.invalid(
      "",
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
    );
  if (variable.value) report.invalid("", "may not be specified when `value` is not empty");
  else if (sources > 1) report.invalid("", "may not have more than one field specified at a time");
  if (valueFrom.fieldRef) validateFieldRef(valueFrom.fieldRef, "environment", report.at("fieldRef"));
  if (valueFrom.resourceFieldRef) validateResourceFieldRef(valueFrom.resourceFieldRef, false, report.at("resourceFieldRef"));
  if (valueFrom.configMapKeyRef) validateKeyRef(valueFrom.configMapKeyRef, report.at("configMapKeyRef"));
  if (valueFrom.secretKeyRef) validateKeyRef(valueFrom.secretKeyRef, report.at("secretKeyRef"));
}

export function validateEnvironment(variables: DeepReadonly<EnvVar[]> | undefined, report: Report): void {
  variables?.forEach((variable, index) => {
    const here = report.at(index);
    if (!variable.name) here.at("name").required();
    else for (const complaint of environmentNameErrors(variable.name)) here.at("name").invalid(variable.name, complaint);
    validateValueFrom(variable, here.at("valueFrom"));
  });
}

export function validateEnvironmentSources(sources: DeepReadonly<EnvFromSource[]> | undefined, report: Report): void {
  sources?.forEach((source, index) => {
    const here = report.at(index);
    if (source.prefix)
      for (const complaint of environmentNameErrors(source.prefix)) here.at("prefix").invalid(source.prefix, complaint);
    if (!source.configMapRef && !source.secretRef) return here.invalid("", "must specify one of: `configMapRef` or `secretRef`");
    if (source.configMapRef && source.secretRef) here.invalid("", "may not have more than one field specified at a time");
    for (const field of ["configMapRef", "secretRef"] as const) {
      const ref = source[field];
      for (const complaint of ref ? dnsSubdomainErrors(ref.name ?? "") : [])
        here.at(field, "name").invalid(ref?.name ?? "", complaint);
    }
  });
}

/**
 * Names of resources, as limits, requests, quotas and ranges speak of them, and the values they may have.
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
import { qualifiedNameErrors } from "../names.ts";
import { parseQuantity } from "../quantity.ts";
import type { Report } from "../validation-report.ts";

const COMPUTE = ["cpu", "memory", "ephemeral-storage"];
const COUNTS = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];
const QUOTA: ReadonlySet<string> = new Set([
  ...COMPUTE,
  ...COUNTS,
  ...["requests", "limits"].flatMap((side) => COMPUTE.map((name) => `${side}.${name}`)),
  "requests.storage",
]);

const isHugePages = (name: string): boolean => name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");
const isStandard = (name: string): boolean => QUOTA.has(name) || name === "storage" || isHugePages(name);
const isStandardForContainers = (name: string): boolean => COMPUTE.includes(name) || name.startsWith("hugepages-");
export const isStandardForQuota = (name: string): boolean => QUOTA.has(name) || isHugePages(name);

/** Without a domain, or of Kubernetes' own. */
const isNative = (name: string): boolean => !name.includes("/") || name.split("/")[0]?.endsWith("kubernetes.io") === true;

/** A resource that a device plugin offers: counted in whole numbers. */
const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith("requests.") && qualifiedNameErrors(`requests.${name}`).length === 0;

/** Whether more may be allowed than asked for. */
export const allowsOvercommit = (name: string): boolean => isNative(name) && !name.startsWith("hugepages-");

export function validateResourceName(name: string, report: Report): void {
  const complaints = qualifiedNameErrors(name);
  for (const complaint of complaints) report.invalid(name, complaint);
  if (complaints.length === 0 && !name.includes("/") && !isStandard(name))
    report.invalid(name, "must be a standard resource type or fully qualified");
}

export function validateContainerResourceName(name: string, report: Report): void {
  validateResourceName(name, report);
  if (!name.includes("/")) {
    if (!isStandardForContainers(name)) report.invalid(name, "must be a standard resource for containers");
  } else if (!isNative(name) && !isExtended(name)) report.invalid(name, "doesn't follow extended resource name standard");
}

export function validateQuotaResourceName(name: string, report: Report): void {
  const complaints = qualifiedNameErrors(name);
  for (const complaint of complaints) report.invalid(name, complaint);
  if (complaints.length === 0 && !name.includes("/") && !isStandardForQuota(name))
    report.invalid(name, "must be a standard resource for quota");
}

/** An amount of a resource: not negative, and whole where things are counted. */
export function validateResourceAmount(name: string, amount: string, report: Report): void {
  const { nano } = parseQuantity(amount);
  if (nano < 0n) report.invalid(amount, "must be greater than or equal to 0");
  if ((COUNTS.includes(name) || isExtended(name)) && nano % 1_000_000_000n !== 0n) report.invalid(amount, "must be an integer");
}

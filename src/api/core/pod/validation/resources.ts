/** Field errors of what containers and Pods ask for. */
import type { DeepReadonly } from "../../../../base/readonly.ts";
import type { ResourceRequirements } from "../../../generated/shared.ts";
import { qualifiedNameErrors } from "../../../names.ts";
import { compareQuantities } from "../../../quantity.ts";
import type { Report } from "../../../validation-report.ts";

const STANDARD = ["cpu", "memory", "ephemeral-storage"];
const POD_LEVEL = ["cpu", "memory"];

const isHugePages = (name: string): boolean => name.startsWith("hugepages-");
/** Devices and the like: a name with a domain that is not Kubernetes' own. */
const isExtended = (name: string): boolean =>
  name.includes("/") && !name.split("/")[0]?.endsWith("kubernetes.io") && !name.startsWith("requests.");

function validateName(name: string, podLevel: boolean, report: Report): void {
  for (const complaint of qualifiedNameErrors(name)) report.invalid(name, complaint);
  if (podLevel) {
    if (!POD_LEVEL.includes(name) && !isHugePages(name)) report.notSupported(name, [...POD_LEVEL, "hugepages-"]);
    return;
  }
  if (STANDARD.includes(name) || isHugePages(name)) return;
  if (!name.includes("/")) report.invalid(name, "must be a standard resource for containers");
  else if (!isExtended(name)) report.invalid(name, "must be a standard resource type or fully qualified");
}

function validateAmount(name: string, quantity: string, report: Report): void {
  if (compareQuantities(quantity, "0") < 0) report.invalid(quantity, "must be greater than or equal to 0");
  if ((isExtended(name) || isHugePages(name)) && compareQuantities(quantity, "1") > 0 && /[mun]$/.test(quantity))
    report.invalid(quantity, "must be an integer");
}

export interface ResourceOptions {
  /** Of the Pod itself, not of a container. */
  podLevel?: boolean;
}

export function validateResources(
  resources: DeepReadonly<ResourceRequirements> | undefined,
  report: Report,
  { podLevel = false }: ResourceOptions = {},
): void {
  if (!resources) return;
  const { limits = {}, requests = {} } = resources;
  for (const [name, quantity] of Object.entries(limits)) {
    validateName(name, podLevel, report.at("limits", { key: name }));
    validateAmount(name, quantity, report.at("limits", { key: name }));
  }
  for (const [name, quantity] of Object.entries(requests)) {
    validateName(name, podLevel, report.at("requests", { key: name }));
    validateAmount(name, quantity, report.at("requests", { key: name }));
    validateAgainstLimit(name, quantity, limits[name], report);
  }
  const huge = [...Object.keys(limits), ...Object.keys(requests)].some(isHugePages);
  if (huge && !podLevel && !STANDARD.slice(0, 2).some((name) => limits[name] !== undefined || requests[name] !== undefined)) {
    report.forbidden("HugePages require cpu or memory");
  }
}

function validateAgainstLimit(name: string, request: string, limit: string | undefined, report: Report): void {
  const exact = isExtended(name) || isHugePages(name);
  if (limit === undefined) {
    if (exact) report.at("limits").required("Limit must be set for non overcommitable resources");
    return;
  }
  const order = compareQuantities(request, limit);
  if (exact && order !== 0) report.at("requests").invalid(request, `must be equal to ${name} limit of ${limit}`);
  else if (order > 0) report.at("requests").invalid(request, `must be less than or equal to ${name} limit of ${limit}`);
}

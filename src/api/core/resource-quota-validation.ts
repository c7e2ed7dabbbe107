/**
 * Field errors of a ResourceQuota.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../generated/core-v1.ts";
import { immutable } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { isStandardForQuota, validateQuotaResourceName, validateResourceAmount } from "./resource-names.ts";

type Spec = DeepReadonly<ResourceQuota["spec"]>;

const SCOPES = [
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "PriorityClass",
  "Terminating",
  "VolumeAttributesClass",
];
/** Scopes whose names say it all: only that they are there can be asked. */
const EXISTS_ONLY = ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity"];
const CONTRADICTIONS = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
] as const;

/** Whether a scope says something about a resource. */
function applies(scope: string, resource: string): boolean {
  const isClaims = resource === "persistentvolumeclaims" || resource === "requests.storage";
  if (scope === "VolumeAttributesClass") return isClaims;
  if (scope === "BestEffort") return resource === "pods";
  return resource === "pods" || /(^|\.)(cpu|memory|ephemeral-storage)$|hugepages-/.test(resource);
}

function validateScopes(scopes: readonly string[], hard: Readonly<Record<string, string>>, report: Report): void {
  if (scopes.length === 0) return;
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) report.invalid(scopes, "unsupported scope");
    for (const resource of Object.keys(hard))
      if (isStandardForQuota(resource) && !applies(scope, resource))
        report.invalid(scopes, "unsupported scope applied to resource");
  }
  for (const pair of CONTRADICTIONS)
    if (pair.every((scope) => scopes.includes(scope))) report.invalid(scopes, "conflicting scopes");
}

function validateRequirement(
  { scopeName, operator, values = [] }: DeepReadonly<ScopedResourceSelectorRequirement>,
  report: Report,
): void {
  if (EXISTS_ONLY.includes(scopeName) && operator !== "Exists")
    report
      .at("operator")
      .invalid(
        operator,
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      );
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0)
      report.at("values").required("must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0)
      report.at("values").invalid(values, "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector");
  } else report.at("operator").invalid(operator, "not a valid selector operator");
}

export function validateQuota({ spec }: DeepReadonly<ResourceQuota>, previous: Spec | undefined, report: Report): void {
  const here = report.at("spec");
  const { hard = {}, scopes = [], scopeSelector } = spec;
  for (const [key, amount] of Object.entries(hard)) {
    validateQuotaResourceName(key, here.at("hard", { key }));
    validateResourceAmount(key, amount, here.at("hard", { key }));
  }
  validateScopes(scopes, hard, here.at("scopes"));
  const requirements = scopeSelector?.matchExpressions ?? [];
  const place = here.at("scopeSelector", "matchExpressions");
  validateScopes(
    requirements.map(({ scopeName }) => scopeName),
    hard,
    place,
  );
  for (const requirement of requirements) validateRequirement(requirement, place);
  if (previous) immutable([...scopes].sort(), [...(previous.scopes ?? [])].sort(), here.at("scopes"));
}

export function validateQuotaStatus({ status }: DeepReadonly<ResourceQuota>, report: Report): void {
  for (const field of ["hard", "used"] as const)
    for (const [key, amount] of Object.entries(status[field] ?? {})) {
      const here = report.at("status", field, { key });
      validateQuotaResourceName(key, here);
      validateResourceAmount(key, amount, here);
    }
}

/**
 * What webhooks and admission policies have in common: rules that say which requests they see, selectors and conditions.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as admission from "../generated/admissionregistration-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { follows, oneOf, requiredOneOf, validateLabelSelector } from "../validation.ts";
import type { Report } from "../validation-report.ts";

type Rule = DeepReadonly<admission.RuleWithOperations>;

const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];
const MAX_CONDITIONS = 64;

export function defaultRules(rules: admission.RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= "*";
}

/** A list that says everything with `*` says nothing else. */
function validateList(values: readonly string[] = [], what: string, report: Report): void {
  if (values.length === 0) return report.required();
  values.forEach((value, index) => {
    if (value === "") report.at(index).required();
  });
  if (values.length > 1 && values.includes("*")) report.invalid(values, `if '*' is present, must not specify other ${what}`);
}

function validateResources(resources: readonly string[] = [], report: Report): void {
  if (resources.length === 0) return report.required();
  const whole = resources.filter((resource) => !resource.includes("/"));
  resources.forEach((resource, index) => {
    const here = report.at(index);
    const [name = "", subresource] = resource.split("/");
    if (resource === "") here.required();
    else if (subresource === undefined || subresource === "*") return;
    else if (resources.includes(`${name}/*`)) here.invalid(resource, `if '${name}/*' is present, must not specify ${resource}`);
    else if (resources.includes(`*/${subresource}`) && name !== "*")
      here.invalid(resource, `if '*/${subresource}' is present, must not specify ${resource}`);
  });
  if (resources.includes("*/*") && resources.length > 1)
    report.invalid(resources, "if '*/*' is present, must not specify other resources");
  if (whole.includes("*") && whole.length > 1)
    report.invalid(resources, "if '*' is present, must not specify other resources without subresources");
}

export function validateRules(rules: readonly Rule[] | undefined, report: Report): void {
  rules?.forEach(({ operations = [], apiGroups = [], apiVersions, resources, scope }, index) => {
    const here = report.at(index);
    const place = here.at("operations");
    if (operations.length === 0) place.required();
    if (operations.length > 1 && operations.includes("*"))
      place.invalid(operations, "if '*' is present, must not specify other operations");
    operations.forEach((operation, position) => {
      oneOf(operation, OPERATIONS, place.at(position));
    });
    // The empty group is the core one.
    if (apiGroups.length === 0) here.at("apiGroups").required();
    else if (apiGroups.length > 1 && apiGroups.includes("*"))
      here.at("apiGroups").invalid(apiGroups, "if '*' is present, must not specify other API groups");
    validateList(apiVersions, "API versions", here.at("apiVersions"));
    validateResources(resources, here.at("resources"));
    if (scope !== undefined) oneOf(scope, SCOPES, here.at("scope"));
  });
}

export function validateConditions(conditions: readonly DeepReadonly<admission.MatchCondition>[] = [], report: Report): void {
  if (conditions.length > MAX_CONDITIONS) report.tooMany(conditions.length, MAX_CONDITIONS);
  const seen = new Set<string>();
  conditions.forEach(({ name, expression }, index) => {
    const here = report.at(index);
    if (!expression?.trim()) here.at("expression").required();
    if (!name) return here.at("name").required();
    follows(name, qualifiedNameErrors, here.at("name"));
    if (seen.has(name)) here.at("name").duplicate(name);
    seen.add(name);
  });
}

export function defaultMatch(match: admission.MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

function validateMatch(match: DeepReadonly<admission.MatchResources>, report: Report): void {
  requiredOneOf(match.matchPolicy, ["Equivalent", "Exact"], report.at("matchPolicy"));
  if (!match.namespaceSelector) report.at("namespaceSelector").required();
  if (!match.objectSelector) report.at("objectSelector").required();
  validateLabelSelector(match.namespaceSelector, report.at("namespaceSelector"));
  validateLabelSelector(match.objectSelector, report.at("objectSelector"));
  validateRules(match.resourceRules, report.at("resourceRules"));
  validateRules(match.excludeResourceRules, report.at("excludeResourceRules"));
}

/** What a policy looks at: it must say so. */
export function validateConstraints(match: DeepReadonly<admission.MatchResources> | undefined, report: Report): void {
  if (!match) return report.required();
  validateMatch(match, report);
  if (!match.resourceRules?.length) report.at("resourceRules").required();
}

interface BindingSpec {
  policyName?: string;
  paramRef?: admission.ParamRef;
  matchResources?: admission.MatchResources;
}

/** A binding narrows what its policy looks at, and says with which parameters. */
export function validateBindingSpec({ policyName, paramRef, matchResources }: DeepReadonly<BindingSpec>, report: Report): void {
  if (!policyName) report.at("policyName").required();
  else follows(policyName, qualifiedNameErrors, report.at("policyName"));
  if (matchResources) validateMatch(matchResources, report.at("matchResources"));
  if (!paramRef) return;
  const here = report.at("paramRef");
  const { name, selector, parameterNotFoundAction } = paramRef;
  if (name && selector) here.at("name").forbidden("`name` and `selector` are mutually exclusive");
  else if (!name && !selector) here.required("one of name or selector must be specified");
  if (name) follows(name, qualifiedNameErrors, here.at("name"));
  validateLabelSelector(selector, here.at("selector"));
  requiredOneOf(parameterNotFoundAction, ["Allow", "Deny"], here.at("parameterNotFoundAction"));
}

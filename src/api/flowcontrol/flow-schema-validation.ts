/**
 * Field errors of a FlowSchema.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as flowcontrol from "../generated/flowcontrol-v1.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "../names.ts";
import { follows, oneOf, requiredBy } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const VERBS = ["*", "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const MAX_PRECEDENCE = 10_000;
const KINDS = { Group: "group", ServiceAccount: "serviceAccount", User: "user" } as const;

/** A list that says everything with `*` says nothing else. */
function validateList(values: readonly string[] | null | undefined, what: string, missing: string, report: Report): void {
  if (!values?.length) report.required(missing);
  else if (values.length > 1 && values.includes("*")) report.invalid(values, `if '*' is present, must not specify other ${what}`);
}

function validateVerbs(verbs: readonly string[] | null | undefined, report: Report): void {
  validateList(verbs, "verbs", "verbs must contain at least one value", report);
  const unknown = (verbs ?? []).filter((verb) => !VERBS.includes(verb));
  if (unknown.length > 0) report.notSupported(unknown, VERBS);
}

function validateSubject(subject: DeepReadonly<flowcontrol.Subject>, report: Report): void {
  const member = KINDS[subject.kind as keyof typeof KINDS];
  if (member === undefined) return report.at("kind").notSupported(subject.kind, Object.keys(KINDS));
  for (const [kind, other] of Object.entries(KINDS))
    if (other !== member && subject[other])
      report.at(other).forbidden(`${other} is forbidden when subject kind is not '${kind}'`);
  const here = report.at(member);
  if (!subject[member]) return here.required(`${member} is required when subject kind is '${subject.kind}'`);
  const { serviceAccount } = subject;
  if (member !== "serviceAccount" || !serviceAccount) {
    if (!subject[member]?.name) here.at("name").required();
    return;
  }
  if (!serviceAccount.name) here.at("name").required();
  else if (serviceAccount.name !== "*") follows(serviceAccount.name, dnsSubdomainErrors, here.at("name"));
  requiredBy(serviceAccount.namespace, dnsLabelErrors, here.at("namespace"));
}

function validateResourceRule(rule: DeepReadonly<flowcontrol.ResourcePolicyRule>, report: Report): void {
  validateVerbs(rule.verbs, report.at("verbs"));
  validateList(rule.apiGroups, "api groups", "resource rules must supply at least one api group", report.at("apiGroups"));
  validateList(rule.resources, "resources", "resource rules must supply at least one resource", report.at("resources"));
  const here = report.at("namespaces");
  const namespaces = rule.namespaces ?? [];
  if (namespaces.length === 0 && !rule.clusterScope)
    here.required("resource rules that are not cluster scoped must supply at least one namespace");
  if (namespaces.length > 1 && namespaces.includes("*"))
    here.invalid(namespaces, "if '*' is present, must not specify other namespaces");
  namespaces.forEach((namespace, index) => {
    if (namespace !== "*") follows(namespace, dnsLabelErrors, here.at(index));
  });
}

function validatePathRule(rule: DeepReadonly<flowcontrol.NonResourcePolicyRule>, report: Report): void {
  validateVerbs(rule.verbs, report.at("verbs"));
  const here = report.at("nonResourceURLs");
  validateList(rule.nonResourceURLs, "non-resource URLs", "nonResourceURLs must contain at least one value", here);
  rule.nonResourceURLs?.forEach((path, index) => {
    if (path === "*") return;
    const place = here.at(index);
    if (!path.startsWith("/")) place.invalid(path, "must start with a '/'");
    else if (path.includes(" ")) place.invalid(path, "must not contain white-space");
    else if (path.includes("//")) place.invalid(path, "must not contain double slash");
    else if (path.slice(0, -1).includes("*")) place.invalid(path, "wildcard can only do suffix matching");
  });
}

function validateRule(rule: DeepReadonly<flowcontrol.PolicyRulesWithSubjects>, report: Report): void {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rule;
  if (!subjects?.length) report.at("subjects").required("subjects must contain at least one value");
  subjects?.forEach((subject, index) => {
    validateSubject(subject, report.at("subjects", index));
  });
  if (resourceRules.length + nonResourceRules.length === 0)
    report.required("at least one of resourceRules and nonResourceRules has to be non-empty");
  resourceRules.forEach((each, index) => {
    validateResourceRule(each, report.at("resourceRules", index));
  });
  nonResourceRules.forEach((each, index) => {
    validatePathRule(each, report.at("nonResourceRules", index));
  });
}

export function validateFlowSchema({ metadata, spec }: DeepReadonly<flowcontrol.FlowSchema>, report: Report): void {
  const { matchingPrecedence, priorityLevelConfiguration, distinguisherMethod, rules } = spec;
  const here = report.at("matchingPrecedence");
  if (matchingPrecedence <= 0) here.invalid(matchingPrecedence, "must be a positive value");
  if (matchingPrecedence > MAX_PRECEDENCE) here.invalid(matchingPrecedence, `must not be greater than ${MAX_PRECEDENCE}`);
  if (matchingPrecedence === 1 && metadata.name !== "exempt")
    here.invalid(matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1");
  requiredBy(priorityLevelConfiguration.name, dnsSubdomainErrors, report.at("priorityLevelConfiguration", "name"));
  if (distinguisherMethod) oneOf(distinguisherMethod.type, ["ByNamespace", "ByUser"], report.at("distinguisherMethod", "type"));
  rules?.forEach((rule, index) => {
    validateRule(rule, report.at("rules", index));
  });
}

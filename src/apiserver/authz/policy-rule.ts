/**
 * What RBAC rules mean: whether a rule allows something, and whether what somebody holds covers what somebody wants to grant.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
import type { PolicyRule } from "../../api/generated/rbac-v1.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Attributes } from "./authorizer.ts";

export type Rule = DeepReadonly<PolicyRule>;

const has = (list: readonly string[] | undefined, wanted: string): boolean =>
  list !== undefined && (list.includes(wanted) || list.includes("*"));

/** `*`, `pods`, `pods/log`, or `*` + `/log` for that subresource of everything. */
function hasResource(rule: Rule, resource: string, subresource: string): boolean {
  const { resources } = rule;
  if (resources === undefined) return false;
  if (subresource === "") return has(resources, resource);
  return has(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

/** `*` at the end stands for any rest. */
const matchesPath = (pattern: string, path: string): boolean =>
  pattern === "*" || pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, "")));

export function ruleAllows(
  rule: Rule,
  { verb, isResourceRequest, group, resource, subresource, name, path }: Attributes,
): boolean {
  if (!has(rule.verbs, verb)) return false;
  if (!isResourceRequest) return rule.nonResourceURLs?.some((pattern) => matchesPath(pattern, path)) ?? false;
  return (
    has(rule.apiGroups, group) &&
    hasResource(rule, resource, subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
  );
}

/** The same permissions as rules of one verb and one resource (and name) or path each. */
function breakDown(rule: Rule): Rule[] {
  const parts: Rule[] = [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs ?? []) {
        const part: Rule = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (rule.resourceNames?.length) for (const name of rule.resourceNames) parts.push({ ...part, resourceNames: [name] });
        else parts.push(part);
      }
    }
  }
  for (const path of rule.nonResourceURLs ?? [])
    for (const verb of rule.verbs ?? []) parts.push({ nonResourceURLs: [path], verbs: [verb] });
  return parts;
}

const coversAll = (held: readonly string[] | undefined, wanted: readonly string[] = []): boolean =>
  wanted.every((each) => has(held, each));

const coversResources = (held: readonly string[] | undefined, wanted: readonly string[] = []): boolean =>
  wanted.every((each) => {
    const slash = each.indexOf("/");
    return has(held, each) || (slash >= 0 && held?.includes(`*${each.slice(slash)}`));
  });

const coversPaths = (held: readonly string[] | undefined, wanted: readonly string[] = []): boolean =>
  wanted.every((path) => held?.some((pattern) => matchesPath(pattern, path)));

function covers(held: Rule, wanted: Rule): boolean {
  const names =
    !held.resourceNames?.length || (!!wanted.resourceNames?.length && coversNames(held.resourceNames, wanted.resourceNames));
  return (
    coversAll(held.verbs, wanted.verbs) &&
    coversAll(held.apiGroups, wanted.apiGroups) &&
    coversResources(held.resources, wanted.resources) &&
    coversPaths(held.nonResourceURLs, wanted.nonResourceURLs) &&
    names
  );
}

const coversNames = (held: readonly string[], wanted: readonly string[]): boolean => wanted.every((name) => held.includes(name));

/** The single permissions in `wanted` that nothing in `held` covers. */
export function missingRules(held: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(breakDown).filter((part) => !held.some((rule) => covers(rule, part)));
}

/** Joins rules that differ only in their verbs. */
export function compactRules(rules: readonly Rule[]): Rule[] {
  const joined = new Map<string, Rule>();
  for (const { verbs, ...rest } of rules) {
    const key = JSON.stringify([rest.apiGroups, rest.resources, rest.resourceNames, rest.nonResourceURLs]);
    // Permissions for paths stay apart, as upstream shows them.
    const place = rest.nonResourceURLs === undefined ? key : `${key}${verbs.join(",")}`;
    joined.set(place, { ...rest, verbs: [...(joined.get(place)?.verbs ?? []), ...verbs] });
  }
  return [...joined.values()];
}

/** As upstream's messages show a rule: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
export function describeRule(rule: Rule): string {
  const part = (label: string, list: readonly string[] | undefined): string[] =>
    list?.length ? [`${label}:${quotedList(list)}`] : [];
  const parts = [
    ...part("APIGroups", rule.apiGroups),
    ...part("Resources", rule.resources),
    ...part("NonResourceURLs", rule.nonResourceURLs),
    ...part("ResourceNames", rule.resourceNames),
    ...part("Verbs", rule.verbs),
  ];
  return `{${parts.join(", ")}}`;
}

/** Go's `%q` of a list. */
export const quotedList = (list: readonly string[]): string => `[${list.map((each) => JSON.stringify(each)).join(" ")}]`;

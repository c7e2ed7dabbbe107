/**
 * Nobody grants what they do not hold: writes of roles and bindings are checked against the writer's own rules, unless the writer
 * has the verb `escalate` (on the role) or `bind` (on the role that is bound).
 *
 * Upstream does this in the storage of these resources; here it is the first of the validating plugins.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */
import { forbidden, notFound } from "../../api/errors.ts";
import type { ClusterRole, RoleRef } from "../../api/generated/rbac-v1.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../admission/plugin.ts";
import { decide } from "../authz-decision.ts";
import type { Authorizer } from "./authorizer.ts";
import { compactRules, describeRule, missingRules, quotedList, type Rule } from "./policy-rule.ts";
import { MASTERS_GROUP } from "./rbac.ts";
import { type AnyBinding, type AnyRole, type RbacIndex, rulesFor } from "./rbac-index.ts";

const GROUP = "rbac.authorization.k8s.io";
const EVERYTHING: readonly Rule[] = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];

export interface EscalationOptions {
  index: RbacIndex;
  authorizers: readonly Authorizer[];
}

export function rbacEscalation({ index, authorizers }: EscalationOptions): AdmissionPlugin {
  const may = (request: AdmissionRequest, verb: string, resource: string, name: string): boolean =>
    decide(authorizers, {
      user: request.user,
      verb,
      isResourceRequest: true,
      group: GROUP,
      version: "v1",
      resource,
      subresource: "",
      namespace: request.namespace,
      name,
      path: "",
    }).allowed;

  /** Undefined: `wanted` is covered. */
  function complaint({ user, namespace }: AdmissionRequest, wanted: readonly Rule[]): string | undefined {
    const missing = missingRules(rulesFor(index, user, namespace), wanted);
    if (missing.length === 0) return undefined;
    const lines = [...new Set(compactRules(missing).map(describeRule))].sort();
    const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`;
    return `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join("\n")}`;
  }

  function checkRole(request: AdmissionRequest, role: AnyRole): void {
    if (may(request, "escalate", request.row.resource, role.metadata.name)) return;
    const refuse = (why: string): never => {
      throw forbidden({ group: GROUP, resource: request.row.resource }, role.metadata.name, why);
    };
    const why = complaint(request, role.rules ?? []);
    if (why !== undefined) refuse(why);
    // Whatever carries the right label would be gathered into it.
    const aggregates = (role as DeepReadonly<ClusterRole>).aggregationRule !== undefined;
    if (aggregates && complaint(request, EVERYTHING) !== undefined)
      refuse("must have cluster-admin privileges to use an aggregationRule");
  }

  function rulesOfReference(request: AdmissionRequest, reference: DeepReadonly<RoleRef>): readonly Rule[] {
    const rules = index.rulesOf(reference.kind === "ClusterRole" ? "" : request.namespace, reference.name);
    if (rules === undefined) throw notFound({ group: GROUP, resource: request.row.resource }, reference.name);
    return rules;
  }

  function checkBinding(request: AdmissionRequest, binding: AnyBinding): void {
    const { roleRef, metadata } = binding;
    if (may(request, "bind", roleRef.kind === "ClusterRole" ? "clusterroles" : "roles", roleRef.name)) return;
    const why = complaint(request, rulesOfReference(request, roleRef));
    if (why !== undefined) throw forbidden({ group: GROUP, resource: request.row.resource }, metadata.name, why);
  }

  return {
    name: "RBACEscalation",
    handles: (operation, row, subresource) =>
      row.group === GROUP && subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
    validate(request) {
      const { object, old, user, row } = request;
      if (object === undefined || user.groups.includes(MASTERS_GROUP)) return;
      // The garbage collector takes owners and finalizers off what it could never have granted.
      if (old !== undefined && sameGrant(object, old)) return;
      if (row.kind.endsWith("Binding")) checkBinding(request, object as unknown as AnyBinding);
      else checkRole(request, object as unknown as AnyRole);
    },
  };
}

/** Whether nothing but owners and finalizers (and what the server keeps) differs. */
function sameGrant(a: object, b: object): boolean {
  const granted = (object: object): string => {
    const { metadata, ...rest } = object as { metadata: Record<string, unknown> };
    const { ownerReferences, finalizers, managedFields, resourceVersion, generation, ...kept } = metadata;
    return JSON.stringify([sorted(rest), sorted(kept)]);
  };
  return granted(a) === granted(b);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]));
}

/** The RBAC authorizer. It only ever allows; what it does not allow, another authorizer may. */

import type { Subject } from "../../api/generated/rbac-v1.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Authorizer, Decision } from "./authorizer.ts";
import { ruleAllows } from "./policy-rule.ts";
import type { Grant, RbacIndex } from "./rbac-index.ts";

/** Who is in this group may do everything, whatever the rules say. */
export const MASTERS_GROUP = "system:masters";

const NO_OPINION: Decision = { allowed: false, denied: false, reason: "" };
const ALLOWED: Decision = { allowed: true, denied: false, reason: "" };

export const mastersAuthorizer: Authorizer = ({ user }) => (user.groups.includes(MASTERS_GROUP) ? ALLOWED : NO_OPINION);

function describeSubject(subject: DeepReadonly<Subject>, namespace: string): string {
  if (subject.kind !== "ServiceAccount") return `${subject.kind} "${subject.name}"`;
  return `ServiceAccount "${subject.name}/${subject.namespace || namespace}"`;
}

/** Upstream's words for why something is allowed; audit and access reviews show them. */
function describeGrant({ binding, subject }: Grant): string {
  const { kind, roleRef, metadata } = binding;
  const name = metadata.namespace ? `${metadata.name}/${metadata.namespace}` : metadata.name;
  return `RBAC: allowed by ${kind} "${name}" of ${roleRef.kind} "${roleRef.name}" to ${describeSubject(subject, metadata.namespace ?? "")}`;
}

function describeMissing(grants: readonly Grant[]): string {
  const texts = grants.map(
    ({ binding: { roleRef } }) => `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${roleRef.name}" not found`,
  );
  return `RBAC: ${texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`}`;
}

export const rbacAuthorizer =
  (index: RbacIndex): Authorizer =>
  (attributes) => {
    let allowedBy: Grant | undefined;
    const missing: Grant[] = [];
    index.visit(attributes.user, attributes.namespace, (rules, grant) => {
      if (rules === undefined) missing.push(grant);
      else if (rules.some((rule) => ruleAllows(rule, attributes))) allowedBy = grant;
      return allowedBy === undefined;
    });
    if (allowedBy !== undefined) return { allowed: true, denied: false, reason: describeGrant(allowedBy) };
    return missing.length === 0 ? NO_OPINION : { allowed: false, denied: false, reason: describeMissing(missing) };
  };

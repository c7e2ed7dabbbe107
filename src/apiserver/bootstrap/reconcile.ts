/**
 * Brings the default roles and bindings of an existing cluster up to date at start: what is missing is made, missing permissions and
 * subjects are added, what an administrator added stays. An object whose annotation says `autoupdate: "false"` is left alone.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation
 */

import type { ClusterRole, ClusterRoleBinding, Subject } from "../../api/generated/rbac-v1.ts";
import type { Draft, KubernetesObject } from "../../api/meta.ts";
import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { missingRules } from "../authz/policy-rule.ts";

export type Change =
  | { type: "create"; object: Draft<KubernetesObject> }
  | { type: "update"; object: KubernetesObject }
  /** A binding's role cannot be changed: it is deleted and made anew. */
  | { type: "replace"; object: Draft<KubernetesObject> };

type Present = DeepReadonly<KubernetesObject>;

const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";

const sameSubject = (a: DeepReadonly<Subject>, b: DeepReadonly<Subject>): boolean =>
  a.kind === b.kind &&
  a.name === b.name &&
  (a.namespace ?? "") === (b.namespace ?? "") &&
  (a.apiGroup ?? "") === (b.apiGroup ?? "");

const lacks = (
  present: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
): boolean => Object.keys(wanted ?? {}).some((key) => present?.[key] === undefined);

/** Labels and annotations that are missing are added; those that are there keep their value. */
function withMetadata<T extends KubernetesObject>(present: T, wanted: KubernetesObject): T {
  const labels = { ...wanted.metadata.labels, ...present.metadata.labels };
  const annotations = { ...wanted.metadata.annotations, ...present.metadata.annotations };
  return { ...present, metadata: { ...present.metadata, labels, annotations } };
}

function roleChange(present: ClusterRole, wanted: ClusterRole): Change | undefined {
  // The rules of an aggregated role are its controller's.
  const missing = wanted.aggregationRule ? [] : missingRules(present.rules ?? [], wanted.rules ?? []);
  const aggregationRule = wanted.aggregationRule ?? present.aggregationRule;
  const sameAggregation = JSON.stringify(aggregationRule) === JSON.stringify(present.aggregationRule);
  if (missing.length === 0 && sameAggregation && hasMetadata(present, wanted)) return undefined;
  const rules = [...(present.rules ?? []), ...missing] as ClusterRole["rules"];
  return {
    type: "update",
    object: { ...withMetadata(present, wanted), rules, ...(aggregationRule ? { aggregationRule } : {}) } as KubernetesObject,
  };
}

function bindingChange(present: ClusterRoleBinding, wanted: ClusterRoleBinding): Change | undefined {
  if (JSON.stringify(present.roleRef) !== JSON.stringify(wanted.roleRef))
    return { type: "replace", object: wanted as Draft<KubernetesObject> };
  const subjects = present.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter((subject) => !subjects.some((each) => sameSubject(each, subject)));
  if (missing.length === 0 && hasMetadata(present, wanted)) return undefined;
  return {
    type: "update",
    object: { ...withMetadata(present, wanted), subjects: [...subjects, ...missing] } as KubernetesObject,
  };
}

const hasMetadata = (present: KubernetesObject, wanted: KubernetesObject): boolean =>
  !lacks(present.metadata.labels, wanted.metadata.labels) && !lacks(present.metadata.annotations, wanted.metadata.annotations);

/** What has to be written for one default object; undefined where nothing has. `present` is not changed. */
export function reconcileRbac(wanted: Draft<KubernetesObject>, present: Present | undefined): Change | undefined {
  if (present === undefined) return { type: "create", object: wanted };
  if (present.metadata.annotations?.[AUTOUPDATE] === "false") return undefined;
  const own = cloneJson(present) as KubernetesObject;
  return own.kind.endsWith("Binding")
    ? bindingChange(own as ClusterRoleBinding, wanted as ClusterRoleBinding)
    : roleChange(own as ClusterRole, wanted as ClusterRole);
}

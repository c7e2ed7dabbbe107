/** Field errors of roles and of what binds them. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PolicyRule, RoleRef, Subject } from "../generated/rbac-v1.ts";
import { dnsSubdomainErrors, pathSegmentErrors } from "../names.ts";
import { immutable, oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

export const RBAC_GROUP = "rbac.authorization.k8s.io";

/** A rule speaks of resources or of paths, never of both; paths belong to no namespace. */
export function validateRules(
  rules: readonly DeepReadonly<PolicyRule>[] | null | undefined,
  namespaced: boolean,
  report: Report,
): void {
  rules?.forEach((rule, index) => {
    const here = report.at("rules", index);
    const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    if (!verbs?.length) here.at("verbs").required("verbs must contain at least one value");
    if (nonResourceURLs.length > 0) {
      if (namespaced) here.at("nonResourceURLs").invalid(nonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
      if (apiGroups.length + resources.length + resourceNames.length > 0) {
        here.at("nonResourceURLs").invalid(nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs");
      }
      return;
    }
    if (apiGroups.length === 0) here.at("apiGroups").required("resource rules must supply at least one api group");
    if (resources.length === 0) here.at("resources").required("resource rules must supply at least one resource");
  });
}

interface Binding {
  roleRef: RoleRef;
  subjects?: Subject[];
}

function validateSubject(subject: DeepReadonly<Subject>, namespaced: boolean, report: Report): void {
  const { kind, name, apiGroup = "", namespace } = subject;
  if (!name) report.at("name").required();
  switch (kind) {
    case "ServiceAccount":
      for (const complaint of name ? dnsSubdomainErrors(name) : []) report.at("name").invalid(name, complaint);
      if (apiGroup !== "") report.at("apiGroup").notSupported(apiGroup, [""]);
      if (!namespaced && !namespace) report.at("namespace").required();
      return;
    case "User":
    case "Group":
      if (apiGroup !== RBAC_GROUP) report.at("apiGroup").notSupported(apiGroup, [RBAC_GROUP]);
      return;
    default:
      report.at("kind").notSupported(kind, ["Group", "ServiceAccount", "User"]);
  }
}

export function validateBinding(
  binding: DeepReadonly<Binding>,
  previous: DeepReadonly<Binding> | undefined,
  report: Report,
  kind: "RoleBinding" | "ClusterRoleBinding",
): void {
  const { roleRef, subjects } = binding;
  const here = report.at("roleRef");
  if (roleRef.apiGroup !== RBAC_GROUP) here.at("apiGroup").notSupported(roleRef.apiGroup, [RBAC_GROUP]);
  oneOf(roleRef.kind, kind === "RoleBinding" ? ["Role", "ClusterRole"] : ["ClusterRole"], here.at("kind"));
  if (!roleRef.name) here.at("name").required();
  else for (const complaint of pathSegmentErrors(roleRef.name)) here.at("name").invalid(roleRef.name, complaint);
  subjects?.forEach((subject, index) => {
    validateSubject(subject, kind === "RoleBinding", report.at("subjects", index));
  });
  if (previous && JSON.stringify(roleRef) !== JSON.stringify(previous.roleRef)) immutable(roleRef, previous.roleRef, here);
}

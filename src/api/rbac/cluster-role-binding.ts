/**
 * rbac.authorization.k8s.io/v1 ClusterRoleBinding: gives users, groups and ServiceAccounts what a role allows.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */

import type * as generated from "../generated/rbac-v1.ts";
import { pathSegmentErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { roleBindingCells } from "../table/cells.ts";
import { RBAC_GROUP, validateBinding } from "./validation.ts";

export type ClusterRoleBinding = generated.ClusterRoleBinding;

const strategy: Strategy<ClusterRoleBinding> = {
  unconditionalUpdate: true,
  nameErrors: (name) => pathSegmentErrors(name),

  default({ roleRef, subjects }) {
    if (!roleRef.apiGroup) roleRef.apiGroup = RBAC_GROUP;
    for (const subject of subjects ?? [])
      if (!subject.apiGroup && subject.kind !== "ServiceAccount") subject.apiGroup = RBAC_GROUP;
  },

  validate: (binding, previous, report) => validateBinding(binding, previous, report, "ClusterRoleBinding"),
  columns: roleBindingCells,
};

export const ClusterRoleBinding: Resource<ClusterRoleBinding> = resource(
  { group: "rbac.authorization.k8s.io", resource: "clusterrolebindings" },
  strategy,
);

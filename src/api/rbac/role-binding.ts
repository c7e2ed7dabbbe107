/**
 * rbac.authorization.k8s.io/v1 RoleBinding: gives users, groups and ServiceAccounts what a role allows.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */

import type * as generated from "../generated/rbac-v1.ts";
import { pathSegmentErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { roleBindingCells } from "../table/cells.ts";
import { RBAC_GROUP, validateBinding } from "./validation.ts";

export type RoleBinding = generated.RoleBinding;

const strategy: Strategy<RoleBinding> = {
  unconditionalUpdate: true,
  nameErrors: (name) => pathSegmentErrors(name),

  default({ roleRef, subjects }) {
    if (!roleRef.apiGroup) roleRef.apiGroup = RBAC_GROUP;
    for (const subject of subjects ?? [])
      if (!subject.apiGroup && subject.kind !== "ServiceAccount") subject.apiGroup = RBAC_GROUP;
  },

  validate: (binding, previous, report) => validateBinding(binding, previous, report, "RoleBinding"),
  columns: roleBindingCells,
};

export const RoleBinding: Resource<RoleBinding> = resource(
  { group: "rbac.authorization.k8s.io", resource: "rolebindings" },
  strategy,
);

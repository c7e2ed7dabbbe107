/** What RoleBindings and ClusterRoleBindings have in common: all but where they count. */
import type * as generated from "../generated/rbac-v1.ts";
import { pathSegmentErrors } from "../names.ts";
import type { Strategy } from "../row.ts";
import { roleBindingCells } from "../table/cells.ts";
import { RBAC_GROUP, validateBinding } from "./validation.ts";

export const bindingStrategy = <T extends generated.RoleBinding | generated.ClusterRoleBinding>(
  kind: T["kind"],
): Strategy<T> => ({
  createOnUpdate: true,
  unconditionalUpdate: true,
  nameErrors: (name) => pathSegmentErrors(name),

  default({ roleRef, subjects }) {
    if (!roleRef.apiGroup) roleRef.apiGroup = RBAC_GROUP;
    for (const subject of subjects ?? [])
      if (!subject.apiGroup && subject.kind !== "ServiceAccount") subject.apiGroup = RBAC_GROUP;
  },

  validate: (binding, previous, report) => validateBinding(binding, previous, report, kind),
  columns: roleBindingCells,
});

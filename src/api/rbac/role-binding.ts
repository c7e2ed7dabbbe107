/** rbac.authorization.k8s.io/v1 RoleBinding. */
import type * as generated from "../generated/rbac-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { roleBindingCells } from "../table/cells.ts";

export type RoleBinding = generated.RoleBinding;

const strategy: Strategy<RoleBinding> = {
  columns: roleBindingCells,
};

export const RoleBinding: Resource<RoleBinding> = resource(
  { group: "rbac.authorization.k8s.io", resource: "rolebindings" },
  strategy,
);

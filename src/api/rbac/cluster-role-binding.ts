/** rbac.authorization.k8s.io/v1 ClusterRoleBinding. */
import type * as generated from "../generated/rbac-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { roleBindingCells } from "../table/cells.ts";

export type ClusterRoleBinding = generated.ClusterRoleBinding;

const strategy: Strategy<ClusterRoleBinding> = {
  columns: roleBindingCells,
};

export const ClusterRoleBinding: Resource<ClusterRoleBinding> = resource(
  { group: "rbac.authorization.k8s.io", resource: "clusterrolebindings" },
  strategy,
);

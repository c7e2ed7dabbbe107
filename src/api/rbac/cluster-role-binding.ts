/**
 * rbac.authorization.k8s.io/v1 ClusterRoleBinding: gives users, groups and ServiceAccounts what a role allows, in all namespaces.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */

import type * as generated from "../generated/rbac-v1.ts";
import { resource } from "../resource.ts";
import type { Resource } from "../row.ts";
import { bindingStrategy } from "./binding-strategy.ts";

export type ClusterRoleBinding = generated.ClusterRoleBinding;

export const ClusterRoleBinding: Resource<ClusterRoleBinding> = resource(
  { group: "rbac.authorization.k8s.io", resource: "clusterrolebindings" },
  bindingStrategy<ClusterRoleBinding>("ClusterRoleBinding"),
);

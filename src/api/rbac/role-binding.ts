/**
 * rbac.authorization.k8s.io/v1 RoleBinding: gives users, groups and ServiceAccounts what a role allows in its namespace.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */

import type * as generated from "../generated/rbac-v1.ts";
import { resource } from "../resource.ts";
import type { Resource } from "../row.ts";
import { bindingStrategy } from "./binding-strategy.ts";

export type RoleBinding = generated.RoleBinding;

export const RoleBinding: Resource<RoleBinding> = resource(
  { group: "rbac.authorization.k8s.io", resource: "rolebindings" },
  bindingStrategy<RoleBinding>("RoleBinding"),
);

/** rbac.authorization.k8s.io/v1 Role. */
import type * as generated from "../generated/rbac-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Role = generated.Role;

const strategy: Strategy<Role> = {};

export const Role: Resource<Role> = resource({ group: "rbac.authorization.k8s.io", resource: "roles" }, strategy);

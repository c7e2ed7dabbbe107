/** rbac.authorization.k8s.io/v1 ClusterRole. */
import type * as generated from "../generated/rbac-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ClusterRole = generated.ClusterRole;

const strategy: Strategy<ClusterRole> = {};

export const ClusterRole: Resource<ClusterRole> = resource(
  { group: "rbac.authorization.k8s.io", resource: "clusterroles" },
  strategy,
);

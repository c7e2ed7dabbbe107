/** resource.k8s.io/v1 ResourceClaim. */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ResourceClaim = generated.ResourceClaim;

const strategy: Strategy<ResourceClaim> = {};

export const ResourceClaim: Resource<ResourceClaim> = resource(
  { group: "resource.k8s.io", resource: "resourceclaims" },
  strategy,
);

/** resource.k8s.io/v1 ResourceClaimTemplate. */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ResourceClaimTemplate = generated.ResourceClaimTemplate;

const strategy: Strategy<ResourceClaimTemplate> = {};

export const ResourceClaimTemplate: Resource<ResourceClaimTemplate> = resource(
  { group: "resource.k8s.io", resource: "resourceclaimtemplates" },
  strategy,
);

/** resource.k8s.io/v1 ResourceClaimTemplate. */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nameAndAge } from "../table/cells.ts";

export type ResourceClaimTemplate = generated.ResourceClaimTemplate;

const strategy: Strategy<ResourceClaimTemplate> = {
  columns: nameAndAge,
};

export const ResourceClaimTemplate: Resource<ResourceClaimTemplate> = resource(
  { group: "resource.k8s.io", resource: "resourceclaimtemplates" },
  strategy,
);

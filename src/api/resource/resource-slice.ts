/** resource.k8s.io/v1 ResourceSlice. */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ResourceSlice = generated.ResourceSlice;

const strategy: Strategy<ResourceSlice> = {};

export const ResourceSlice: Resource<ResourceSlice> = resource(
  { group: "resource.k8s.io", resource: "resourceslices" },
  strategy,
);

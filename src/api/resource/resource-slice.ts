/** resource.k8s.io/v1 ResourceSlice. */
import type * as generated from "../generated/resource-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type ResourceSlice = generated.ResourceSlice;

const strategy: Strategy<ResourceSlice> = {
  columns: (slice) => {
    const { nodeName = "", driver = "", pool } = slice.spec ?? {};
    return [slice.metadata.name, nodeName, driver, pool?.name ?? "", ageOf(slice)];
  },
};

export const ResourceSlice: Resource<ResourceSlice> = resource(
  { group: "resource.k8s.io", resource: "resourceslices" },
  strategy,
);

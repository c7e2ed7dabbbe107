/** storage.k8s.io/v1 CSIStorageCapacity. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type CSIStorageCapacity = generated.CSIStorageCapacity;

const strategy: Strategy<CSIStorageCapacity> = {};

export const CSIStorageCapacity: Resource<CSIStorageCapacity> = resource(
  { group: "storage.k8s.io", resource: "csistoragecapacities" },
  strategy,
);

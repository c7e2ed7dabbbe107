/** storage.k8s.io/v1 StorageClass. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type StorageClass = generated.StorageClass;

const strategy: Strategy<StorageClass> = {};

export const StorageClass: Resource<StorageClass> = resource({ group: "storage.k8s.io", resource: "storageclasses" }, strategy);

/** v1 ResourceQuota. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ResourceQuota = generated.ResourceQuota;

const strategy: Strategy<ResourceQuota> = {};

export const ResourceQuota: Resource<ResourceQuota> = resource({ group: "", resource: "resourcequotas" }, strategy);

/** apps/v1 ReplicaSet. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ReplicaSet = generated.ReplicaSet;

const strategy: Strategy<ReplicaSet> = {};

export const ReplicaSet: Resource<ReplicaSet> = resource({ group: "apps", resource: "replicasets" }, strategy);

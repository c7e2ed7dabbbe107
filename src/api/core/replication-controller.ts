/** v1 ReplicationController. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ReplicationController = generated.ReplicationController;

const strategy: Strategy<ReplicationController> = {};

export const ReplicationController: Resource<ReplicationController> = resource(
  { group: "", resource: "replicationcontrollers" },
  strategy,
);

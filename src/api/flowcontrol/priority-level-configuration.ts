/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration. */
import type * as generated from "../generated/flowcontrol-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type PriorityLevelConfiguration = generated.PriorityLevelConfiguration;

const strategy: Strategy<PriorityLevelConfiguration> = {};

export const PriorityLevelConfiguration: Resource<PriorityLevelConfiguration> = resource(
  { group: "flowcontrol.apiserver.k8s.io", resource: "prioritylevelconfigurations" },
  strategy,
);

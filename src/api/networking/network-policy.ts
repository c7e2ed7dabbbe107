/** networking.k8s.io/v1 NetworkPolicy. */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, formatSelector } from "../table/cells.ts";

export type NetworkPolicy = generated.NetworkPolicy;

const strategy: Strategy<NetworkPolicy> = {
  columns: (policy) => [policy.metadata.name, formatSelector(policy.spec?.podSelector), ageOf(policy)],
};

export const NetworkPolicy: Resource<NetworkPolicy> = resource(
  { group: "networking.k8s.io", resource: "networkpolicies" },
  strategy,
);

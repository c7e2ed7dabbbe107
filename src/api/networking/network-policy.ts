/**
 * networking.k8s.io/v1 NetworkPolicy: which traffic Pods accept and send.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, formatSelector } from "../table/cells.ts";
import { validateNetworkPolicySpec } from "./network-policy-validation.ts";

export type NetworkPolicy = generated.NetworkPolicy;

const strategy: Strategy<NetworkPolicy> = {
  validate: ({ spec }, _previous, report) => validateNetworkPolicySpec(spec, report.at("spec")),

  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress ? ["Ingress", "Egress"] : ["Ingress"];
    for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      for (const port of ports ?? []) port.protocol ??= "TCP";
  },
  columns: (policy) => [policy.metadata.name, formatSelector(policy.spec?.podSelector), ageOf(policy)],
};

export const NetworkPolicy: Resource<NetworkPolicy> = resource(
  { group: "networking.k8s.io", resource: "networkpolicies" },
  strategy,
);

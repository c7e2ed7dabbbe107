/**
 * networking.k8s.io/v1 NetworkPolicy: which traffic Pods accept and send.
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { rangeWarnings } from "../addresses.ts";
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, formatSelector } from "../table/cells.ts";
import { validateNetworkPolicySpec } from "./network-policy-validation.ts";

export type NetworkPolicy = generated.NetworkPolicy;

const blockWarnings = (peers: DeepReadonly<generated.NetworkPolicyPeer[]> | undefined, path: string): string[] =>
  (peers ?? []).flatMap(({ ipBlock }, index) => {
    if (ipBlock === undefined) return [];
    const here = `${path}[${index}].ipBlock`;
    const holes = (ipBlock.except ?? []).flatMap((hole, at) => rangeWarnings(hole, `${here}.except[${at}]`));
    return [...rangeWarnings(ipBlock.cidr, `${here}.cidr`), ...holes];
  });

const strategy: Strategy<NetworkPolicy> = {
  validate: ({ spec }, _previous, report) => validateNetworkPolicySpec(spec, report.at("spec")),

  warnings: ({ spec }) => [
    ...(spec.ingress ?? []).flatMap(({ from }, index) => blockWarnings(from, `spec.ingress[${index}].from`)),
    ...(spec.egress ?? []).flatMap(({ to }, index) => blockWarnings(to, `spec.egress[${index}].to`)),
  ],

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

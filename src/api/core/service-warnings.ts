/** What a Service says that is taken but has no effect, or will not be there for long. */
import type { DeepReadonly } from "../../base/readonly.ts";
import { addressWarnings, rangeWarnings } from "../addresses.ts";
import type { Service } from "../generated/core-v1.ts";

type Spec = DeepReadonly<Service["spec"]>;

const HINTS_ANNOTATION = "service.kubernetes.io/topology-aware-hints";

const isHeadless = ({ type, clusterIP }: Spec): boolean => type === "ClusterIP" && clusterIP === "None";

const headlessWarnings = ({ loadBalancerIP, externalIPs, sessionAffinity }: Spec): string[] => [
  ...(loadBalancerIP ? ["spec.loadBalancerIP is ignored for headless services"] : []),
  ...(externalIPs?.length ? ["spec.externalIPs is ignored for headless services"] : []),
  ...(sessionAffinity === "None" ? [] : ["spec.SessionAffinity is ignored for headless services"]),
];

function externalWarnings(spec: Spec): string[] {
  const { type, externalIPs = [], loadBalancerIP, loadBalancerSourceRanges = [] } = spec;
  const isDeprecated = externalIPs.length > 0 && !isHeadless(spec) && type !== "ExternalName";
  return [
    ...externalIPs.flatMap((address, index) => addressWarnings(address, `spec.externalIPs[${index}]`)),
    ...(isDeprecated ? ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"] : []),
    ...(loadBalancerIP ? addressWarnings(loadBalancerIP, "spec.loadBalancerIP") : []),
    ...loadBalancerSourceRanges.flatMap((range, index) => rangeWarnings(range, `spec.loadBalancerSourceRanges[${index}]`)),
    ...(type === "ExternalName" && externalIPs.length > 0
      ? ['spec.externalIPs is ignored when spec.type is "ExternalName"']
      : []),
  ];
}

export function serviceWarnings({ metadata, spec }: DeepReadonly<Service>): string[] {
  const { clusterIP, clusterIPs = [] } = spec;
  const warnings: string[] = [];
  if (metadata.annotations?.[HINTS_ANNOTATION] !== undefined)
    warnings.push(`annotation ${HINTS_ANNOTATION} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  if (clusterIP && clusterIP !== "None")
    warnings.push(...clusterIPs.flatMap((address, index) => addressWarnings(address, `spec.clusterIPs[${index}]`)));
  if (isHeadless(spec)) warnings.push(...headlessWarnings(spec));
  warnings.push(...externalWarnings(spec));
  if (spec.externalName && spec.type !== "ExternalName")
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === "PreferClose")
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
}

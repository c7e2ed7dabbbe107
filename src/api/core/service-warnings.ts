/** What a Service says that is taken but has no effect, or will not be there for long. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Service } from "../generated/core-v1.ts";
import { isHeadless } from "./service-addresses.ts";

const HINTS_ANNOTATION = "service.kubernetes.io/topology-aware-hints";

export function serviceWarnings({ metadata, spec }: DeepReadonly<Service>): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[HINTS_ANNOTATION] !== undefined)
    warnings.push(`metadata.annotations[${HINTS_ANNOTATION}]: please use service.kubernetes.io/topology-mode instead`);
  if (spec.externalIPs?.length) warnings.push("spec.externalIPs is deprecated since v1.36");
  if (isHeadless(spec)) {
    if (spec.loadBalancerIP) warnings.push("spec.loadBalancerIP is ignored for headless services");
    if (spec.externalIPs?.length) warnings.push("spec.externalIPs is ignored for headless services");
    if (spec.sessionAffinity !== "None") warnings.push("spec.SessionAffinity is ignored for headless services");
  }
  if (spec.externalName && spec.type !== "ExternalName")
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === "PreferClose")
    warnings.push('spec.trafficDistribution: PreferClose is deprecated, use "PreferSameZone" instead');
  return warnings;
}

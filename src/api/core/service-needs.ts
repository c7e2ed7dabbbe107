/**
 * Which fields a Service has by its type, and what an update of the type leaves behind.
 * https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
 */
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Service } from "../generated/core-v1.ts";

type Spec = DeepReadonly<Service["spec"]>;

const isBalancer = ({ type }: Spec): boolean => type === "LoadBalancer";
const hasNodePorts = ({ type }: Spec): boolean => type === "NodePort" || type === "LoadBalancer";
const hasClusterIp = ({ type }: Spec): boolean => type !== "ExternalName";

export const isExternallyAccessible = (spec: Spec): boolean =>
  hasNodePorts(spec) || (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);

export const needsHealthCheckPort = (spec: Spec): boolean => isBalancer(spec) && spec.externalTrafficPolicy === "Local";

/** What each field needs. */
const NEEDS: readonly (readonly [keyof Spec, (spec: Spec) => boolean])[] = [
  ["clusterIP", hasClusterIp],
  ["clusterIPs", hasClusterIp],
  ["ipFamilies", hasClusterIp],
  ["ipFamilyPolicy", hasClusterIp],
  ["healthCheckNodePort", needsHealthCheckPort],
  ["allocateLoadBalancerNodePorts", isBalancer],
  ["loadBalancerClass", isBalancer],
  ["externalTrafficPolicy", isExternallyAccessible],
];

/** Takes away what the new type has no use for and the user did not touch; what was touched is refused later. */
export function dropUnneeded(spec: Service["spec"], previous: Spec): void {
  for (const [field, needs] of NEEDS)
    if (needs(previous) && !needs(spec) && deepEqual(spec[field], previous[field])) delete spec[field];
  if (!hasNodePorts(previous) || hasNodePorts(spec)) return;
  const portsOf = ({ ports }: Spec): (number | undefined)[] => (ports ?? []).map(({ nodePort }) => nodePort);
  if (deepEqual(portsOf(spec), portsOf(previous))) for (const port of spec.ports ?? []) delete port.nodePort;
}

/**
 * Field errors of a Service.
 * https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { cidrErrors, ipErrors, isAddress, specialAddressErrors } from "../addresses.ts";
import type { LoadBalancerStatus, Service, ServicePort } from "../generated/core-v1.ts";
import { validateLabels } from "../meta-validation.ts";
import { dnsLabelErrors, dnsSubdomainErrors, portNumberErrors, qualifiedNameErrors } from "../names.ts";
import { follows, oneOf, portOrNameErrors, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { isHeadless, validateClusterIpChange, validateClusterIps } from "./service-addresses.ts";
import { isExternallyAccessible, needsHealthCheckPort } from "./service-needs.ts";

type Spec = DeepReadonly<Service["spec"]>;

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const TRAFFIC_POLICIES = ["Cluster", "Local"];
const DISTRIBUTIONS = ["PreferClose", "PreferSameNode", "PreferSameZone"];
const KUBELET_PORT = 10_250;
const MAX_AFFINITY_SECONDS = 86_400;
const BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";
const SOURCE_RANGES_ANNOTATION = "service.beta.kubernetes.io/load-balancer-source-ranges";
const HINTS_ANNOTATION = "service.kubernetes.io/topology-aware-hints";
const MODE_ANNOTATION = "service.kubernetes.io/topology-mode";

function validatePort(port: DeepReadonly<ServicePort>, needsName: boolean, names: Set<string>, report: Report): void {
  const { name, protocol, targetPort, appProtocol } = port;
  if (name) {
    follows(name, dnsLabelErrors, report.at("name"));
    if (names.has(name)) report.at("name").duplicate(name);
    names.add(name);
  } else if (needsName) report.at("name").required();
  for (const complaint of portNumberErrors(port.port)) report.at("port").invalid(port.port, complaint);
  requiredOneOf(protocol, PROTOCOLS, report.at("protocol"));
  for (const complaint of portOrNameErrors(targetPort)) report.at("targetPort").invalid(targetPort, complaint);
  if (appProtocol !== undefined) follows(appProtocol, qualifiedNameErrors, report.at("appProtocol"));
}

/** Ports in themselves, and against each other. */
function validatePorts(spec: Spec, report: Report): void {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== "ExternalName") report.required();
  if (spec.type === "LoadBalancer")
    ports.forEach(({ port }, index) => {
      if (port === KUBELET_PORT)
        report.at(index).invalid(port, `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`);
    });
  ports.forEach((port, index) => {
    validatePort(port, ports.length > 1, names, report.at(index));
  });
  const nodePorts = new Set<string>();
  const seen = new Set<string>();
  ports.forEach(({ port, protocol, nodePort }, index) => {
    const here = report.at(index);
    if (nodePort && spec.type === "ClusterIP") here.at("nodePort").forbidden("may not be used when `type` is 'ClusterIP'");
    const nodeKey = `${protocol}/${nodePort}`;
    if (nodePort && nodePorts.has(nodeKey)) here.at("nodePort").duplicate(nodePort);
    nodePorts.add(nodeKey);
    const key = `${protocol}/${port}`;
    if (seen.has(key)) here.duplicate({ protocol, port });
    seen.add(key);
  });
}

function validateType(spec: Spec, report: Report): void {
  const { type, externalName = "" } = spec;
  if ((type === "LoadBalancer" || type === "NodePort") && isHeadless(spec))
    report.at("clusterIPs", 0).invalid("None", `may not be set to 'None' for ${type} services`);
  if (type !== "ExternalName") return;
  const unset = "may not be set for ExternalName services";
  if (spec.clusterIPs?.length) report.at("clusterIPs").forbidden(unset);
  if (spec.ipFamilies?.length) report.at("ipFamilies").forbidden(unset);
  if (spec.ipFamilyPolicy !== undefined) report.at("ipFamilyPolicy").forbidden(unset);
  const name = externalName.replace(/\.$/, "");
  if (name === "") report.at("externalName").required();
  else follows(name, dnsSubdomainErrors, report.at("externalName"));
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: Spec, report: Report): void {
  requiredOneOf(sessionAffinity, ["ClientIP", "None"], report.at("sessionAffinity"));
  const here = report.at("sessionAffinityConfig");
  if (sessionAffinity === "None" && config) here.forbidden("must not be set when session affinity is None");
  if (sessionAffinity !== "ClientIP") return;
  const needed = "when session affinity type is ClientIP";
  if (!config) return here.required(needed);
  if (!config.clientIP) return here.at("clientIP").required(needed);
  const seconds = config.clientIP.timeoutSeconds;
  const place = here.at("clientIP", "timeoutSeconds");
  if (seconds === undefined) place.required(needed);
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS)
    place.invalid(seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`);
}

function validateTraffic(spec: Spec, report: Report): void {
  const { internalTrafficPolicy, externalTrafficPolicy, healthCheckNodePort, trafficDistribution } = spec;
  if (internalTrafficPolicy !== undefined) oneOf(internalTrafficPolicy, TRAFFIC_POLICIES, report.at("internalTrafficPolicy"));
  else if (spec.type !== "ExternalName" && TYPES.includes(spec.type)) report.at("internalTrafficPolicy").required();
  const external = report.at("externalTrafficPolicy");
  if (isExternallyAccessible(spec)) requiredOneOf(externalTrafficPolicy, TRAFFIC_POLICIES, external);
  else if (externalTrafficPolicy) external.invalid(externalTrafficPolicy, "may only be set for externally-accessible services");
  const health = report.at("healthCheckNodePort");
  if (!needsHealthCheckPort(spec)) {
    if (healthCheckNodePort)
      health.invalid(healthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
  } else if (!healthCheckNodePort) health.required();
  else for (const complaint of portNumberErrors(healthCheckNodePort)) health.invalid(healthCheckNodePort, complaint);
  if (trafficDistribution !== undefined) oneOf(trafficDistribution, DISTRIBUTIONS, report.at("trafficDistribution"));
}

function validateSourceRanges({ metadata, spec }: DeepReadonly<Service>, report: Report): void {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0) {
    const here = report.at("spec", "LoadBalancerSourceRanges");
    if (spec.type !== "LoadBalancer") return here.forbidden(BALANCER_ONLY);
    ranges.forEach((range, index) => {
      follows(range.trim(), cidrErrors, here.at(index));
    });
    return;
  }
  const annotation = metadata.annotations?.[SOURCE_RANGES_ANNOTATION]?.trim();
  if (annotation === undefined) return;
  const here = report.at("metadata", "annotations", { key: SOURCE_RANGES_ANNOTATION });
  if (spec.type !== "LoadBalancer") return here.forbidden(BALANCER_ONLY);
  if (annotation !== "" && annotation.split(",").some((range) => cidrErrors(range.trim()).length > 0))
    here.invalid(annotation, "must be a list of IP ranges. For example, 10.240.0.0/24,10.250.0.0/24");
}

function validateBalancer(spec: Spec, previous: Spec | undefined, report: Report): void {
  const isBalancer = spec.type === "LoadBalancer";
  const allocate = report.at("allocateLoadBalancerNodePorts");
  if (isBalancer && spec.allocateLoadBalancerNodePorts === undefined) allocate.required();
  if (!isBalancer && spec.allocateLoadBalancerNodePorts !== undefined) allocate.forbidden(BALANCER_ONLY);
  const { loadBalancerClass } = spec;
  const here = report.at("loadBalancerClass");
  if (previous?.type === "LoadBalancer" && isBalancer && loadBalancerClass !== previous.loadBalancerClass)
    here.invalid(loadBalancerClass ?? null, "may not change once set");
  if (loadBalancerClass === undefined) return;
  if (isBalancer) follows(loadBalancerClass, qualifiedNameErrors, here);
  else here.forbidden(BALANCER_ONLY);
}

function validateAnnotations(annotations: Readonly<Record<string, string>> = {}, report: Report): void {
  const hints = annotations[HINTS_ANNOTATION];
  const mode = annotations[MODE_ANNOTATION];
  if (hints !== undefined && mode !== undefined && hints !== mode)
    report.at({ key: HINTS_ANNOTATION }).invalid(hints, `must match annotations[${MODE_ANNOTATION}] when both are specified`);
}

export function validateService(
  service: DeepReadonly<Service>,
  previous: DeepReadonly<Service> | undefined,
  report: Report,
): void {
  const { metadata, spec } = service;
  const here = report.at("spec");
  if (previous) validateClusterIpChange(spec, previous.spec, here);
  validateAnnotations(metadata.annotations, report.at("metadata", "annotations"));
  validateType(spec, here);
  validatePorts(spec, here.at("ports"));
  validateLabels(spec.selector, here.at("selector"));
  validateAffinity(spec, here);
  validateClusterIps(spec, here);
  validateTraffic(spec, here);
  spec.externalIPs?.forEach((address, index) => {
    const place = here.at("externalIPs", index);
    follows(address, ipErrors(address).length > 0 ? ipErrors : specialAddressErrors, place);
  });
  requiredOneOf(spec.type, TYPES, here.at("type"));
  validateSourceRanges(service, report);
  validateBalancer(spec, previous?.spec, here);
}

/** Addresses that a load balancer was given. */
export function validateLoadBalancerStatus({ ingress = [] }: DeepReadonly<LoadBalancerStatus>, spec: Spec, report: Report): void {
  if (ingress.length > 0 && spec.type !== "LoadBalancer")
    return report.at("ingress").forbidden("may only be used when `spec.type` is 'LoadBalancer'");
  ingress.forEach(({ ip, ipMode, hostname }, index) => {
    const here = report.at("ingress", index);
    if (ip) follows(ip, ipErrors, here.at("ip"));
    if (ip && ipMode === undefined) here.at("ipMode").required("must be specified when `ip` is set");
    if (!ip && ipMode !== undefined) here.at("ipMode").forbidden("may not be specified when `ip` is not set");
    if (ipMode !== undefined) oneOf(ipMode, ["Proxy", "VIP"], here.at("ipMode"));
    if (!hostname) return;
    follows(hostname, dnsSubdomainErrors, here.at("hostname"));
    if (isAddress(hostname)) here.at("hostname").invalid(hostname, "must be a DNS name, not an IP address");
  });
}

/**
 * v1 Service: a stable address for Pods that come and go.
 * https://kubernetes.io/docs/concepts/services-networking/service/
 */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { serviceCells } from "./service-columns.ts";

export type Service = generated.Service;

/** Three hours. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

const strategy: Strategy<Service> = {
  unconditionalUpdate: true,

  default(service) {
    const { spec } = service;
    if (!spec.type) spec.type = "ClusterIP";
    if (!spec.sessionAffinity) spec.sessionAffinity = "None";
    if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
    if (spec.sessionAffinity === "ClientIP") {
      spec.sessionAffinityConfig ??= {};
      spec.sessionAffinityConfig.clientIP ??= {};
      spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= DEFAULT_AFFINITY_SECONDS;
    }
    for (const port of spec.ports ?? []) {
      if (!port.protocol) port.protocol = "TCP";
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
    }
    const isExternal = spec.type === "NodePort" || spec.type === "LoadBalancer";
    if (isExternal && !spec.externalTrafficPolicy) spec.externalTrafficPolicy = "Cluster";
    if (isExternal || spec.type === "ClusterIP") spec.internalTrafficPolicy ??= "Cluster";
    if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  },

  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },
  columns: serviceCells,
};

export const Service: Resource<Service> = resource({ group: "", resource: "services" }, strategy);

/**
 * v1 Service: a stable address for Pods that come and go.
 * https://kubernetes.io/docs/concepts/services-networking/service/
 */
import type * as generated from "../generated/core-v1.ts";
import { dnsLabelErrors, prefixErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { serviceCells } from "./service-columns.ts";
import { dropUnneeded, isExternallyAccessible } from "./service-needs.ts";
import { validateLoadBalancerStatus, validateService } from "./service-validation.ts";
import { serviceWarnings } from "./service-warnings.ts";

export type Service = generated.Service;

/** Three hours. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

const strategy: Strategy<Service> = {
  createOnUpdate: true,
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
    if (isExternallyAccessible(spec) && !spec.externalTrafficPolicy) spec.externalTrafficPolicy = "Cluster";
    if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
    if (spec.type !== "LoadBalancer") return;
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of service.status.loadBalancer.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
  },

  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
  },

  prepareForUpdate(service, previous) {
    dropUnneeded(service.spec, previous.spec);
    if (service.spec.type !== "LoadBalancer") service.status.loadBalancer = {};
  },

  validate: validateService,

  validateSubresource: {
    status({ status, spec }, _previous, report) {
      validateLoadBalancerStatus(status.loadBalancer, spec, report.at("status", "loadBalancer"));
    },
  },

  nameErrors: (name, prefix) => (prefix ? prefixErrors(name, dnsLabelErrors) : dnsLabelErrors(name)),
  warnings: serviceWarnings,
  selectableFields: ({ spec }) => ({ "spec.clusterIP": spec.clusterIP ?? "", "spec.type": spec.type }),
  columns: serviceCells,
};

export const Service: Resource<Service> = resource({ group: "", resource: "services" }, strategy);

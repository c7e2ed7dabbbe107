/**
 * networking.k8s.io/v1 ServiceCIDR: a range of addresses for Services.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/service-cidr-v1/
 */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type ServiceCIDR = generated.ServiceCIDR;

const strategy: Strategy<ServiceCIDR> = {
  prepareForCreate(range) {
    range.status = {};
  },
  columns: (range) => [range.metadata.name, (range.spec?.cidrs ?? []).join(","), ageOf(range)],
};

export const ServiceCIDR: Resource<ServiceCIDR> = resource({ group: "networking.k8s.io", resource: "servicecidrs" }, strategy);

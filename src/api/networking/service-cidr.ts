/** networking.k8s.io/v1 ServiceCIDR. */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ServiceCIDR = generated.ServiceCIDR;

const strategy: Strategy<ServiceCIDR> = {};

export const ServiceCIDR: Resource<ServiceCIDR> = resource({ group: "networking.k8s.io", resource: "servicecidrs" }, strategy);

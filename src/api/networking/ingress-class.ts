/** networking.k8s.io/v1 IngressClass. */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type IngressClass = generated.IngressClass;

const strategy: Strategy<IngressClass> = {};

export const IngressClass: Resource<IngressClass> = resource(
  { group: "networking.k8s.io", resource: "ingressclasses" },
  strategy,
);

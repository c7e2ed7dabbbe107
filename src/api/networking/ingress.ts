/** networking.k8s.io/v1 Ingress. */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Ingress = generated.Ingress;

const strategy: Strategy<Ingress> = {};

export const Ingress: Resource<Ingress> = resource({ group: "networking.k8s.io", resource: "ingresses" }, strategy);

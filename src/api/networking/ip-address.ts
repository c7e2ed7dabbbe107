/** networking.k8s.io/v1 IPAddress. */
import type * as generated from "../generated/networking-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type IPAddress = generated.IPAddress;

const strategy: Strategy<IPAddress> = {};

export const IPAddress: Resource<IPAddress> = resource({ group: "networking.k8s.io", resource: "ipaddresses" }, strategy);

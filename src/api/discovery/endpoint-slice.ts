/** discovery.k8s.io/v1 EndpointSlice. */
import type * as generated from "../generated/discovery-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type EndpointSlice = generated.EndpointSlice;

const strategy: Strategy<EndpointSlice> = {};

export const EndpointSlice: Resource<EndpointSlice> = resource(
  { group: "discovery.k8s.io", resource: "endpointslices" },
  strategy,
);

/** discovery.k8s.io/v1 EndpointSlice. */

import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/discovery-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf, firstOf, UNSET } from "../table/cells.ts";
import { validateEndpointSlice } from "./endpoint-slice-validation.ts";

export type EndpointSlice = generated.EndpointSlice;

const formatAddresses = ({ endpoints }: DeepReadonly<EndpointSlice>): string =>
  firstOf(
    (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
    3,
    countOf(endpoints),
  ) || UNSET;

const strategy: Strategy<EndpointSlice> = {
  hasGeneration: true,
  unconditionalUpdate: true,

  default({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= "";
      port.protocol ??= "TCP";
    }
  },

  validate: validateEndpointSlice,
  warnings: ({ addressType }) => (addressType === "FQDN" ? ["addressType: FQDN endpoints are deprecated"] : []),

  columns: (slice) => [
    slice.metadata.name,
    slice.addressType,
    firstOf(
      (slice.ports ?? []).map(({ port, name }) => String(port ?? name ?? "*")),
      3,
    ) || UNSET,
    formatAddresses(slice),
    ageOf(slice),
  ],
};

export const EndpointSlice: Resource<EndpointSlice> = resource(
  { group: "discovery.k8s.io", resource: "endpointslices" },
  strategy,
);

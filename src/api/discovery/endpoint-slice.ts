/** discovery.k8s.io/v1 EndpointSlice. */

import type { DeepReadonly } from "../../base/readonly.ts";
import { addressWarnings } from "../addresses.ts";
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

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const CONTROLLERS = ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"];

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
  warnings: ({ metadata, addressType, endpoints }, previous) => [
    ...(addressType === "FQDN" && previous === undefined ? ["addressType: FQDN endpoints are deprecated"] : []),
    ...(CONTROLLERS.includes(metadata.labels?.[MANAGED_BY] ?? "")
      ? []
      : (endpoints ?? []).flatMap(({ addresses }, index) =>
          (addresses ?? []).flatMap((address, at) => addressWarnings(address, `endpoints[${index}].addresses[${at}]`)),
        )),
  ],

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

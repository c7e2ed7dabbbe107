/** v1 Endpoints. */

import type { DeepReadonly } from "../../base/readonly.ts";
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, firstOf, NONE } from "../table/cells.ts";

export type Endpoints = generated.Endpoints;

/** Each ready address with each port; alone where a headless Service has no ports. */
function formatSubset({ addresses = [], ports = [] }: DeepReadonly<generated.EndpointSubset>): string[] {
  if (ports.length === 0) return addresses.map(({ ip }) => ip);
  return ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(":") ? `[${ip}]` : ip}:${port}`));
}

const strategy: Strategy<Endpoints> = {
  columns: (endpoints) => {
    const addresses = (endpoints.subsets ?? []).flatMap(formatSubset);
    return [endpoints.metadata.name, endpoints.subsets === undefined ? NONE : firstOf(addresses, 3), ageOf(endpoints)];
  },
};

export const Endpoints: Resource<Endpoints> = resource({ group: "", resource: "endpoints" }, strategy);

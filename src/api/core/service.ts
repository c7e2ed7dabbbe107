/** v1 Service. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { serviceCells } from "./service-columns.ts";

export type Service = generated.Service;

const strategy: Strategy<Service> = {
  columns: serviceCells,
};

export const Service: Resource<Service> = resource({ group: "", resource: "services" }, strategy);

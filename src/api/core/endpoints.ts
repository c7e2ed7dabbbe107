/** v1 Endpoints. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Endpoints = generated.Endpoints;

const strategy: Strategy<Endpoints> = {};

export const Endpoints: Resource<Endpoints> = resource({ group: "", resource: "endpoints" }, strategy);

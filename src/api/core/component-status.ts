/** v1 ComponentStatus. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ComponentStatus = generated.ComponentStatus;

const strategy: Strategy<ComponentStatus> = {};

export const ComponentStatus: Resource<ComponentStatus> = resource({ group: "", resource: "componentstatuses" }, strategy);

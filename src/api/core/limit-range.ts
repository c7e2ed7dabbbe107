/** v1 LimitRange. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type LimitRange = generated.LimitRange;

const strategy: Strategy<LimitRange> = {};

export const LimitRange: Resource<LimitRange> = resource({ group: "", resource: "limitranges" }, strategy);

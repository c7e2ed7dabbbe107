/** v1 Binding. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Binding = generated.Binding;

const strategy: Strategy<Binding> = {};

export const Binding: Resource<Binding> = resource({ group: "", resource: "bindings" }, strategy);

/** v1 Secret. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Secret = generated.Secret;

const strategy: Strategy<Secret> = {};

export const Secret: Resource<Secret> = resource({ group: "", resource: "secrets" }, strategy);

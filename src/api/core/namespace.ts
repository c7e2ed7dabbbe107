/** v1 Namespace. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Namespace = generated.Namespace;

const strategy: Strategy<Namespace> = {};

export const Namespace: Resource<Namespace> = resource({ group: "", resource: "namespaces" }, strategy);

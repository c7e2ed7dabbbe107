/** node.k8s.io/v1 RuntimeClass. */
import type * as generated from "../generated/node-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type RuntimeClass = generated.RuntimeClass;

const strategy: Strategy<RuntimeClass> = {};

export const RuntimeClass: Resource<RuntimeClass> = resource({ group: "node.k8s.io", resource: "runtimeclasses" }, strategy);

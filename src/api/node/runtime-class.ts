/** node.k8s.io/v1 RuntimeClass. */
import type * as generated from "../generated/node-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type RuntimeClass = generated.RuntimeClass;

const strategy: Strategy<RuntimeClass> = {
  columns: (runtimeClass) => [runtimeClass.metadata.name, runtimeClass.handler, ageOf(runtimeClass)],
};

export const RuntimeClass: Resource<RuntimeClass> = resource({ group: "node.k8s.io", resource: "runtimeclasses" }, strategy);

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema. */
import type * as generated from "../generated/flowcontrol-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type FlowSchema = generated.FlowSchema;

const strategy: Strategy<FlowSchema> = {};

export const FlowSchema: Resource<FlowSchema> = resource(
  { group: "flowcontrol.apiserver.k8s.io", resource: "flowschemas" },
  strategy,
);

/**
 * v1 Node: a machine that runs Pods.
 * https://kubernetes.io/docs/concepts/architecture/nodes/
 */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nodeCells } from "./node-columns.ts";

export type Node = generated.Node;

const strategy: Strategy<Node> = {
  unconditionalUpdate: true,

  default({ status }) {
    // A kubelet that keeps nothing back offers all there is.
    if (status.allocatable !== undefined || status.capacity === undefined) return;
    status.allocatable = { ...status.capacity };
  },

  selectableFields: ({ spec }) => ({ "spec.unschedulable": String(spec.unschedulable ?? false) }),
  columns: nodeCells,
};

export const Node: Resource<Node> = resource({ group: "", resource: "nodes" }, strategy);

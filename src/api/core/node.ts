/**
 * v1 Node: a machine that runs Pods.
 * https://kubernetes.io/docs/concepts/architecture/nodes/
 */
import { rangeWarnings } from "../addresses.ts";
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nodeCells } from "./node-columns.ts";
import { validateNode, validateNodeResources } from "./node-validation.ts";

export type Node = generated.Node;

const strategy: Strategy<Node> = {
  validate: validateNode,
  validateSubresource: { status: (node, _previous, report) => validateNodeResources(node, report) },

  warnings: ({ spec }) => [
    ...(spec.configSource === undefined ? [] : ["spec.configSource: the feature is removed"]),
    ...(spec.externalID ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"] : []),
    ...(spec.podCIDRs ?? []).flatMap((range, index) => rangeWarnings(range, `spec.podCIDRs[${index}]`)),
  ],

  unconditionalUpdate: true,

  default({ spec, status }) {
    // The older field is the first of the newer one.
    if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
    else if (spec.podCIDRs?.[0]) spec.podCIDR = spec.podCIDRs[0];
    // A kubelet that keeps nothing back offers all there is.
    if (status.allocatable !== undefined || status.capacity === undefined) return;
    status.allocatable = { ...status.capacity };
  },

  selectableFields: ({ spec }) => ({ "spec.unschedulable": String(spec.unschedulable ?? false) }),
  columns: nodeCells,
};

export const Node: Resource<Node> = resource({ group: "", resource: "nodes" }, strategy);

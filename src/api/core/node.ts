/** v1 Node. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { nodeCells } from "./node-columns.ts";

export type Node = generated.Node;

const strategy: Strategy<Node> = {
  columns: nodeCells,
};

export const Node: Resource<Node> = resource({ group: "", resource: "nodes" }, strategy);

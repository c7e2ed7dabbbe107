/** v1 Node. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Node = generated.Node;

const strategy: Strategy<Node> = {};

export const Node: Resource<Node> = resource({ group: "", resource: "nodes" }, strategy);

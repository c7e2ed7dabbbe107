/** storage.k8s.io/v1 CSINode. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, countOf } from "../table/cells.ts";

export type CSINode = generated.CSINode;

const strategy: Strategy<CSINode> = {
  columns: (node) => [node.metadata.name, countOf(node.spec?.drivers), ageOf(node)],
};

export const CSINode: Resource<CSINode> = resource({ group: "storage.k8s.io", resource: "csinodes" }, strategy);

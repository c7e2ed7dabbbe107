/** storage.k8s.io/v1 CSINode. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type CSINode = generated.CSINode;

const strategy: Strategy<CSINode> = {};

export const CSINode: Resource<CSINode> = resource({ group: "storage.k8s.io", resource: "csinodes" }, strategy);

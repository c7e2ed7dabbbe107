/** storage.k8s.io/v1 CSIDriver. */
import type * as generated from "../generated/storage-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type CSIDriver = generated.CSIDriver;

const strategy: Strategy<CSIDriver> = {};

export const CSIDriver: Resource<CSIDriver> = resource({ group: "storage.k8s.io", resource: "csidrivers" }, strategy);

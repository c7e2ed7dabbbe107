/** v1 PersistentVolumeClaim. */
import type * as generated from "../generated/shared.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type PersistentVolumeClaim = generated.PersistentVolumeClaim;

const strategy: Strategy<PersistentVolumeClaim> = {};

export const PersistentVolumeClaim: Resource<PersistentVolumeClaim> = resource(
  { group: "", resource: "persistentvolumeclaims" },
  strategy,
);

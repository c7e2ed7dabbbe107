/** v1 PersistentVolume. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type PersistentVolume = generated.PersistentVolume;

const strategy: Strategy<PersistentVolume> = {};

export const PersistentVolume: Resource<PersistentVolume> = resource({ group: "", resource: "persistentvolumes" }, strategy);

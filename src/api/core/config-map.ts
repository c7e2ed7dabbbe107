/** v1 ConfigMap. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ConfigMap = generated.ConfigMap;

const strategy: Strategy<ConfigMap> = {};

export const ConfigMap: Resource<ConfigMap> = resource({ group: "", resource: "configmaps" }, strategy);

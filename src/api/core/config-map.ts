/** v1 ConfigMap. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type ConfigMap = generated.ConfigMap;

const strategy: Strategy<ConfigMap> = {
  columns: (map) => {
    const keys = Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length;
    return [map.metadata.name, keys, ageOf(map)];
  },
};

export const ConfigMap: Resource<ConfigMap> = resource({ group: "", resource: "configmaps" }, strategy);

/** apps/v1 ReplicaSet. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, containerCells, formatSelector } from "../table/cells.ts";

export type ReplicaSet = generated.ReplicaSet;

const strategy: Strategy<ReplicaSet> = {
  columns: (set) => {
    const { spec, status } = set;
    return [
      set.metadata.name,
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      ageOf(set),
      ...containerCells(spec?.template),
      formatSelector(spec?.selector),
    ];
  },
};

export const ReplicaSet: Resource<ReplicaSet> = resource({ group: "apps", resource: "replicasets" }, strategy);

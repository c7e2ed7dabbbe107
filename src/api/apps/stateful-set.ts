/** apps/v1 StatefulSet. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, containerCells } from "../table/cells.ts";

export type StatefulSet = generated.StatefulSet;

const strategy: Strategy<StatefulSet> = {
  columns: (set) => [
    set.metadata.name,
    `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 0}`,
    ageOf(set),
    ...containerCells(set.spec?.template),
  ],
};

export const StatefulSet: Resource<StatefulSet> = resource({ group: "apps", resource: "statefulsets" }, strategy);

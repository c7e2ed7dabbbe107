/** apps/v1 DaemonSet. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, containerCells, formatLabels, formatSelector } from "../table/cells.ts";

export type DaemonSet = generated.DaemonSet;

const strategy: Strategy<DaemonSet> = {
  columns: (set) => {
    const { spec, status } = set;
    return [
      set.metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      formatLabels(spec?.template.spec?.nodeSelector),
      ageOf(set),
      ...containerCells(spec?.template),
      formatSelector(spec?.selector),
    ];
  },
};

export const DaemonSet: Resource<DaemonSet> = resource({ group: "apps", resource: "daemonsets" }, strategy);

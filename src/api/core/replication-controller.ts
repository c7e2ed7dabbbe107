/** v1 ReplicationController. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, containerCells, formatLabels } from "../table/cells.ts";

export type ReplicationController = generated.ReplicationController;

const strategy: Strategy<ReplicationController> = {
  columns: (controller) => {
    const { spec, status } = controller;
    return [
      controller.metadata.name,
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      ageOf(controller),
      ...containerCells(spec?.template),
      formatLabels(spec?.selector),
    ];
  },
};

export const ReplicationController: Resource<ReplicationController> = resource(
  { group: "", resource: "replicationcontrollers" },
  strategy,
);

/** apps/v1 Deployment. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, containerCells, formatSelector } from "../table/cells.ts";

export type Deployment = generated.Deployment;

const strategy: Strategy<Deployment> = {
  columns: (deployment) => {
    const { spec, status } = deployment;
    return [
      deployment.metadata.name,
      `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      ageOf(deployment),
      ...containerCells(spec?.template),
      formatSelector(spec?.selector),
    ];
  },
};

export const Deployment: Resource<Deployment> = resource({ group: "apps", resource: "deployments" }, strategy);

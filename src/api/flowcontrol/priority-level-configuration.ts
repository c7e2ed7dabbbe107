/** flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration. */
import type * as generated from "../generated/flowcontrol-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";

export type PriorityLevelConfiguration = generated.PriorityLevelConfiguration;

const strategy: Strategy<PriorityLevelConfiguration> = {
  columns: (level) => {
    const limited = level.spec?.limited;
    const queuing = limited?.limitResponse?.queuing;
    return [
      level.metadata.name,
      level.spec?.type ?? "",
      limited?.nominalConcurrencyShares ?? NONE,
      queuing?.queues ?? NONE,
      queuing?.handSize ?? NONE,
      queuing?.queueLengthLimit ?? NONE,
      ageOf(level),
    ];
  },
};

export const PriorityLevelConfiguration: Resource<PriorityLevelConfiguration> = resource(
  { group: "flowcontrol.apiserver.k8s.io", resource: "prioritylevelconfigurations" },
  strategy,
);

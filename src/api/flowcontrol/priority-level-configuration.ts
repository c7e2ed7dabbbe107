/**
 * flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration: how many requests of a level are served at once.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
import type * as generated from "../generated/flowcontrol-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";
import { validatePriorityLevel } from "./priority-level-validation.ts";

export type PriorityLevelConfiguration = generated.PriorityLevelConfiguration;

const strategy: Strategy<PriorityLevelConfiguration> = {
  validate: (level, _previous, report) => validatePriorityLevel(level, report.at("spec")),

  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    if (spec.exempt) {
      spec.exempt.nominalConcurrencyShares ??= 0;
      spec.exempt.lendablePercent ??= 0;
    }
    if (!spec.limited) return;
    spec.limited.nominalConcurrencyShares ??= 30;
    spec.limited.lendablePercent ??= 0;
    const { queuing } = spec.limited.limitResponse ?? {};
    if (!queuing) return;
    queuing.queues ||= 64;
    queuing.handSize ||= 8;
    queuing.queueLengthLimit ||= 50;
  },

  prepareForCreate(level) {
    level.status = {};
  },
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

/**
 * policy/v1 PodDisruptionBudget: how many Pods of a set may be away at once by choice (drain, eviction).
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */

import type * as generated from "../generated/policy-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { exclusive, intOrPercent, notNegative, oneOf, validateLabelSelector } from "../validation.ts";

export type PodDisruptionBudget = generated.PodDisruptionBudget;

const strategy: Strategy<PodDisruptionBudget> = {
  hasGeneration: true,

  prepareForCreate(budget) {
    budget.status = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
  },

  validate({ spec }, _previous, report) {
    exclusive(spec, ["minAvailable", "maxUnavailable"], report.at("spec"));
    intOrPercent(spec.minAvailable, report.at("spec", "minAvailable"), { most100: true });
    intOrPercent(spec.maxUnavailable, report.at("spec", "maxUnavailable"), { most100: true });
    validateLabelSelector(spec.selector, report.at("spec", "selector"));
    const policy = spec.unhealthyPodEvictionPolicy;
    if (policy !== undefined) oneOf(policy, ["AlwaysAllow", "IfHealthyBudget"], report.at("spec", "unhealthyPodEvictionPolicy"));
  },

  validateSubresource: {
    status({ status }, _previous, report) {
      for (const field of ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const)
        notNegative(status[field], report.at("status", field));
    },
  },

  columns: (budget) => {
    const { minAvailable, maxUnavailable } = budget.spec ?? {};
    return [
      budget.metadata.name,
      String(minAvailable ?? "N/A"),
      String(maxUnavailable ?? "N/A"),
      budget.status?.disruptionsAllowed ?? 0,
      ageOf(budget),
    ];
  },
};

export const PodDisruptionBudget: Resource<PodDisruptionBudget> = resource(
  { group: "policy", resource: "poddisruptionbudgets" },
  strategy,
);

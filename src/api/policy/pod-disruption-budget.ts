/** policy/v1 PodDisruptionBudget. */
import type * as generated from "../generated/policy-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";

export type PodDisruptionBudget = generated.PodDisruptionBudget;

const strategy: Strategy<PodDisruptionBudget> = {
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

/** policy/v1 PodDisruptionBudget. */
import type * as generated from "../generated/policy-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type PodDisruptionBudget = generated.PodDisruptionBudget;

const strategy: Strategy<PodDisruptionBudget> = {};

export const PodDisruptionBudget: Resource<PodDisruptionBudget> = resource(
  { group: "policy", resource: "poddisruptionbudgets" },
  strategy,
);

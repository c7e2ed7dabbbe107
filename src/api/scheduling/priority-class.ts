/**
 * scheduling.k8s.io/v1 PriorityClass: how important a Pod is.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import type * as generated from "../generated/scheduling-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf } from "../table/cells.ts";
import { validatePriorityClass } from "./priority-class-validation.ts";

export type PriorityClass = generated.PriorityClass;

const strategy: Strategy<PriorityClass> = {
  validate: validatePriorityClass,

  hasGeneration: true,
  unconditionalUpdate: true,

  default(priorityClass) {
    priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
  },
  columns: (priorityClass) => [
    priorityClass.metadata.name,
    priorityClass.value,
    priorityClass.globalDefault ?? false,
    ageOf(priorityClass),
    priorityClass.preemptionPolicy ?? "",
  ],
};

export const PriorityClass: Resource<PriorityClass> = resource(
  { group: "scheduling.k8s.io", resource: "priorityclasses" },
  strategy,
);

/**
 * The quality of service class: who has to go first when a node runs out of memory.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { PodSpec, ResourceRequirements } from "../../generated/shared.ts";
import { quantityMilliValue } from "../../quantity.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const COUNTED = ["cpu", "memory"] as const;

const positive = (quantity: string | undefined): boolean => quantity !== undefined && quantityMilliValue(quantity) > 0;

const asksForAnything = (resources: DeepReadonly<ResourceRequirements> | undefined): boolean =>
  COUNTED.some((name) => positive(resources?.requests?.[name]) || positive(resources?.limits?.[name]));

const isGuaranteed = (resources: DeepReadonly<ResourceRequirements> | undefined): boolean =>
  COUNTED.every((name) => {
    const limit = resources?.limits?.[name];
    if (limit === undefined || !positive(limit)) return false;
    return quantityMilliValue(resources?.requests?.[name] ?? limit) === quantityMilliValue(limit);
  });

/** Where the Pod itself says what it asks for, that decides; otherwise all its containers do. */
export function qosClassOf(spec: DeepReadonly<PodSpec>): QosClass {
  if (asksForAnything(spec.resources)) return isGuaranteed(spec.resources) ? "Guaranteed" : "Burstable";
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  if (!containers.some(({ resources }) => asksForAnything(resources))) return "BestEffort";
  return containers.every(({ resources }) => isGuaranteed(resources)) ? "Guaranteed" : "Burstable";
}

/**
 * Takes one disruption from the budget of a Pod before it is evicted, so that two evictions at once do not share the last one.
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */

import { isConditionTrue } from "../../api/conditions.ts";
import { ApiError } from "../../api/errors.ts";
import type { KubernetesObject, LabelSelector } from "../../api/meta.ts";
import { selectorFromObject } from "../../api/selectors/index.ts";
import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { everything } from "../cache/selection.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { timestamp } from "../write/object-changes.ts";
import { updateObject } from "../write/update-object.ts";
import { refused } from "./evict.ts";

interface Budget extends KubernetesObject {
  spec: { selector?: LabelSelector; unhealthyPodEvictionPolicy?: string };
  status: {
    observedGeneration?: number;
    disruptionsAllowed?: number;
    currentHealthy?: number;
    desiredHealthy?: number;
    disruptedPods?: Record<string, string>;
  };
}

interface Pod extends KubernetesObject {
  status?: { conditions?: { type: string; status: string }[] };
}

const covers = ({ spec }: DeepReadonly<Budget>, labels: Readonly<Record<string, string>>): boolean =>
  selectorFromObject(spec.selector).matches(labels);

const TOO_MANY = "Cannot evict pod as it would violate the pod's disruption budget.";

const isReady = ({ status }: Pod): boolean => isConditionTrue(status?.conditions, "Ready");

function taken(old: DeepReadonly<Budget>, pod: Pod, nowMs: number): Budget {
  const budget = cloneJson(old) as Budget;
  const { name } = budget.metadata;
  if ((budget.status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0))
    throw refused(TOO_MANY, `The disruption budget ${name} is still being processed by the server.`);
  const allowed = budget.status.disruptionsAllowed ?? 0;
  if (allowed <= 0)
    throw refused(
      TOO_MANY,
      `The disruption budget ${name} needs ${budget.status.desiredHealthy ?? 0} healthy pods and has ${budget.status.currentHealthy ?? 0} currently`,
    );
  budget.status.disruptionsAllowed = allowed - 1;
  budget.status.disruptedPods = { ...budget.status.disruptedPods, [pod.metadata.name]: timestamp(nowMs) };
  return budget;
}

/** A Pod that is not ready costs nothing where enough others are, or where the policy always allows it. */
function freeOfCharge({ spec, status }: DeepReadonly<Budget>, pod: Pod): boolean {
  if (isReady(pod)) return false;
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  return (status.currentHealthy ?? 0) >= (status.desiredHealthy ?? 0) && (status.desiredHealthy ?? 0) > 0;
}

/** Throws 429 where the budget has none left, and 500 where several budgets cover the Pod. */
export async function takeDisruption(parts: ServerParts, target: Target, pod: Pod, dryRun: boolean): Promise<void> {
  const served = parts.table.find("policy", "v1", "poddisruptionbudgets");
  if (served === undefined) return;
  const cache = parts.caches.of(served.row);
  await cache.ready();
  const budgets = cache
    .list({ ...everything, namespace: target.namespace })
    .map((entry) => parts.caches.parse(served.row, entry) as Budget)
    .filter((budget) => covers(budget, pod.metadata.labels ?? {}));
  if (budgets.length > 1)
    throw new ApiError({
      code: 500,
      reason: "",
      message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    });
  const [budget] = budgets;
  if (budget === undefined || freeOfCharge(budget, pod)) return;
  await updateObject(parts, {
    target: { ...target, ...served, name: budget.metadata.name, subresource: undefined },
    options: { dryRun, manager: "", fieldValidation: "Ignore", force: undefined, sent: {} },
    unconditional: true,
    internal: true,
    propose: (old) => taken(old as DeepReadonly<Budget>, pod, parts.clock.now()),
  });
}

/**
 * PodDisruptionBudgets, as preemption looks at them: it takes Pods beyond a budget only where there is no other way.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#poddisruptionbudget-is-supported-but-not-guaranteed
 */
import type { PodDisruptionBudget } from "../../api/generated/policy-v1.ts";
import { type LabelMatcher, selectorFromObject } from "../../api/selectors/labels.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PodInfo } from "./pod-info.ts";

interface Budget {
  readonly selector: LabelMatcher;
  readonly allowed: number;
  /** Names of Pods whose eviction is counted already. */
  readonly disrupted: ReadonlySet<string>;
}

export class DisruptionBudgets {
  readonly #namespaces = new Map<string, Map<string, Budget>>();

  set({ metadata, spec, status }: DeepReadonly<PodDisruptionBudget>): void {
    const { namespace = "", name } = metadata;
    const budget: Budget = {
      selector: selectorFromObject(spec.selector),
      allowed: status?.disruptionsAllowed ?? 0,
      disrupted: new Set(Object.keys(status?.disruptedPods ?? {})),
    };
    this.#namespaces.set(namespace, (this.#namespaces.get(namespace) ?? new Map<string, Budget>()).set(name, budget));
  }

  remove(namespace: string, name: string): void {
    const budgets = this.#namespaces.get(namespace);
    budgets?.delete(name);
    if (budgets?.size === 0) this.#namespaces.delete(namespace);
  }

  /** Which of the Pods, taken one after the other, would go beyond a budget. */
  violations(pods: readonly PodInfo[]): Set<PodInfo> {
    const violating = new Set<PodInfo>();
    const left = new Map<Budget, number>();
    for (const info of pods) {
      const { namespace = "", name, labels } = info.pod.metadata;
      if (labels === undefined) continue;
      for (const budget of this.#namespaces.get(namespace)?.values() ?? []) {
        // An empty selector means no Pods here.
        if (budget.selector.requirements.length === 0 || !budget.selector.matches(labels)) continue;
        if (budget.disrupted.has(name)) continue;
        const remaining = (left.get(budget) ?? budget.allowed) - 1;
        left.set(budget, remaining);
        if (remaining < 0) violating.add(info);
      }
    }
    return violating;
  }
}

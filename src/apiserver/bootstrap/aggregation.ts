/**
 * Aggregated ClusterRoles: their rules are those of all ClusterRoles that their selectors match. The controller keeps them current;
 * at first start the same function fills them, so that `admin`, `edit` and `view` work at once.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */

import type { LabelSelector } from "../../api/meta.ts";
import type { ClusterRole } from "../../api/rbac/cluster-role.ts";
import { selectorFromObject } from "../../api/selectors/labels.ts";
import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

type Role = DeepReadonly<ClusterRole>;

const matches = (selector: DeepReadonly<LabelSelector>, role: Role): boolean =>
  selectorFromObject(selector).matches(role.metadata.labels ?? {});

/** The rules that `role` should have, each once, in the order of selectors and then of names. */
export function aggregatedRules(role: Role, all: readonly Role[]): ClusterRole["rules"] {
  const byName = all.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules = new Map<string, ClusterRole["rules"][number]>();
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !matches(selector, other)) continue;
      for (const rule of other.rules ?? []) rules.set(JSON.stringify(rule), cloneJson(rule) as ClusterRole["rules"][number]);
    }
  }
  return [...rules.values()];
}

/** Fills the rules of aggregated roles among `roles`; one may gather another, so until nothing changes. Changes `roles`. */
export function fillAggregated(roles: readonly ClusterRole[]): void {
  const aggregated = roles.filter(({ aggregationRule }) => aggregationRule != null);
  for (let pass = 0; pass <= aggregated.length; pass++) {
    let changed = false;
    for (const role of aggregated) {
      const rules = aggregatedRules(role, roles);
      changed ||= rules.length !== (role.rules ?? []).length;
      role.rules = rules;
    }
    if (!changed) return;
  }
}

/**
 * Fills ClusterRoles that are made of others: the rules of all ClusterRoles that their selectors match.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
import { ClusterRole } from "../api/rbac/cluster-role.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { sameContent } from "../client/equality.ts";
import type { Lister } from "../client/informer.ts";
import { type Controller, index, on } from "./controller.ts";
import { matcherOf } from "./selector.ts";

type ReadonlyRole = DeepReadonly<ClusterRole>;
type Rule = NonNullable<ReadonlyRole["rules"]>[number];

const AGGREGATED = "aggregated";

const aggregates = (role: ReadonlyRole, other: ReadonlyRole): boolean =>
  other.metadata.name !== role.metadata.name &&
  (role.aggregationRule?.clusterRoleSelectors ?? []).some((selector) => matcherOf(selector)(other.metadata.labels));

const byName = (a: ReadonlyRole, b: ReadonlyRole): number => (a.metadata.name < b.metadata.name ? -1 : 1);

/** The rules of all that `role` is made of, each once, selector by selector in the order of names. */
function aggregatedRules(role: ReadonlyRole, others: readonly ReadonlyRole[]): Rule[] {
  const rules: Rule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const matched = others.filter(({ metadata }) => metadata.name !== role.metadata.name && matcherOf(selector)(metadata.labels));
    for (const other of matched.toSorted(byName)) {
      for (const rule of other.rules ?? []) if (!rules.some((known) => sameContent(known, rule))) rules.push(rule);
    }
  }
  return rules;
}

const aggregated = (listers: Lister): readonly ReadonlyRole[] => listers.byIndex(ClusterRole, AGGREGATED, "");

export const clusterRoleAggregationController: Controller<ClusterRole> = {
  name: "clusterrole-aggregation-controller",
  reconciles: ClusterRole,
  indexes: [index(ClusterRole, AGGREGATED, ({ aggregationRule }) => (aggregationRule ? [""] : []))],
  wokenBy: [
    on(ClusterRole, (role, listers) =>
      aggregated(listers)
        .filter((each) => aggregates(each, role))
        .map(({ metadata }) => metadata.name),
    ),
  ],
  async reconcile(role, { client, listers }) {
    if (!role.aggregationRule) return;
    const rules = aggregatedRules(role, [...listers.list(ClusterRole)]);
    if (!sameContent(rules, role.rules)) await client.update<ClusterRole>(ClusterRole, { ...role, rules } as ClusterRole);
  },
};

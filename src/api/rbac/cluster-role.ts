/**
 * rbac.authorization.k8s.io/v1 ClusterRole: what may be done, in the whole cluster.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */

import type * as generated from "../generated/rbac-v1.ts";
import { pathSegmentErrors } from "../names.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { validateLabelSelector } from "../validation.ts";
import { validateRules } from "./validation.ts";

export type ClusterRole = generated.ClusterRole;

const strategy: Strategy<ClusterRole> = {
  createOnUpdate: true,
  unconditionalUpdate: true,
  nameErrors: (name) => pathSegmentErrors(name),

  validate({ rules, aggregationRule }, _previous, report) {
    validateRules(rules, false, report);
    if (!aggregationRule) return;
    const here = report.at("aggregationRule", "clusterRoleSelectors");
    if (!aggregationRule.clusterRoleSelectors?.length)
      return here.required("at least one clusterRoleSelector required if aggregationRule is non-nil");
    aggregationRule.clusterRoleSelectors.forEach((selector, index) => {
      const before = report.errors;
      validateLabelSelector(selector, here.at(index));
      if (report.errors > before) here.at(index).invalid(selector, "invalid label selector");
    });
  },
};

export const ClusterRole: Resource<ClusterRole> = resource(
  { group: "rbac.authorization.k8s.io", resource: "clusterroles" },
  strategy,
);

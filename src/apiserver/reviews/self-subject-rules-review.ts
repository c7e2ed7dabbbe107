/**
 * All that one may do in a namespace, as rules.
 * https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-rules-review-v1/
 */
import { badRequest } from "../../api/errors.ts";
import type { NonResourceRule, ResourceRule, SelfSubjectRulesReview } from "../../api/generated/authorization-v1.ts";
import type { Rule } from "../authz/policy-rule.ts";
import { MASTERS_GROUP } from "../authz/rbac.ts";
import { type RbacIndex, rulesFor } from "../authz/rbac-index.ts";
import type { VirtualResource } from "../virtual-resource.ts";
import { AUTHORIZATION } from "./review-validation.ts";

function resourceRule({ verbs, apiGroups, resources, resourceNames }: Rule): ResourceRule {
  return {
    verbs: [...verbs],
    ...(apiGroups?.length ? { apiGroups: [...apiGroups] } : {}),
    ...(resources?.length ? { resources: [...resources] } : {}),
    ...(resourceNames?.length ? { resourceNames: [...resourceNames] } : {}),
  };
}

const pathRule = ({ verbs, nonResourceURLs = [] }: Rule): NonResourceRule => ({
  verbs: [...verbs],
  nonResourceURLs: [...nonResourceURLs],
});

/** What the Node authorizer allows depends on the objects of the moment: no list of rules says it. */
const NODES_GROUP = "system:nodes";

export const selfSubjectRulesReview = (index: RbacIndex): VirtualResource => ({
  group: AUTHORIZATION,
  resource: "selfsubjectrulesreviews",
  subresource: "",
  create({ object, user }) {
    const review = object as SelfSubjectRulesReview;
    const namespace = review.spec?.namespace ?? "";
    if (namespace === "") throw badRequest("no namespace on request");
    const rules = rulesFor(index, user, namespace);
    if (user.groups.includes(MASTERS_GROUP) && rules.length === 0)
      rules.push({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, { verbs: ["*"], nonResourceURLs: ["*"] });
    const isNode = user.groups.includes(NODES_GROUP);
    return {
      ...review,
      metadata: {},
      spec: {},
      status: {
        resourceRules: rules.filter(({ resources }) => resources?.length).map(resourceRule),
        nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs?.length).map(pathRule),
        incomplete: isNode,
        ...(isNode ? { evaluationError: "node authorizer does not support user rule resolution" } : {}),
      },
    };
  },
});

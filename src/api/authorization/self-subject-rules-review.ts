/** authorization.k8s.io/v1 SelfSubjectRulesReview. */
import type * as generated from "../generated/authorization-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type SelfSubjectRulesReview = generated.SelfSubjectRulesReview;

const strategy: Strategy<SelfSubjectRulesReview> = {};

export const SelfSubjectRulesReview: Resource<SelfSubjectRulesReview> = resource(
  { group: "authorization.k8s.io", resource: "selfsubjectrulesreviews" },
  strategy,
);

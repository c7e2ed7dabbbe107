/** authorization.k8s.io/v1 SelfSubjectAccessReview. */
import type * as generated from "../generated/authorization-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type SelfSubjectAccessReview = generated.SelfSubjectAccessReview;

const strategy: Strategy<SelfSubjectAccessReview> = {};

export const SelfSubjectAccessReview: Resource<SelfSubjectAccessReview> = resource(
  { group: "authorization.k8s.io", resource: "selfsubjectaccessreviews" },
  strategy,
);

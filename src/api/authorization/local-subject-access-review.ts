/** authorization.k8s.io/v1 LocalSubjectAccessReview. */
import type * as generated from "../generated/authorization-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type LocalSubjectAccessReview = generated.LocalSubjectAccessReview;

const strategy: Strategy<LocalSubjectAccessReview> = {};

export const LocalSubjectAccessReview: Resource<LocalSubjectAccessReview> = resource(
  { group: "authorization.k8s.io", resource: "localsubjectaccessreviews" },
  strategy,
);

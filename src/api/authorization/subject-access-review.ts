/** authorization.k8s.io/v1 SubjectAccessReview. */
import type * as generated from "../generated/authorization-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type SubjectAccessReview = generated.SubjectAccessReview;

const strategy: Strategy<SubjectAccessReview> = {};

export const SubjectAccessReview: Resource<SubjectAccessReview> = resource(
  { group: "authorization.k8s.io", resource: "subjectaccessreviews" },
  strategy,
);

/** authentication.k8s.io/v1 SelfSubjectReview. */
import type * as generated from "../generated/authentication-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type SelfSubjectReview = generated.SelfSubjectReview;

const strategy: Strategy<SelfSubjectReview> = {};

export const SelfSubjectReview: Resource<SelfSubjectReview> = resource(
  { group: "authentication.k8s.io", resource: "selfsubjectreviews" },
  strategy,
);

/** authentication.k8s.io/v1 TokenReview. */
import type * as generated from "../generated/authentication-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type TokenReview = generated.TokenReview;

const strategy: Strategy<TokenReview> = {};

export const TokenReview: Resource<TokenReview> = resource(
  { group: "authentication.k8s.io", resource: "tokenreviews" },
  strategy,
);

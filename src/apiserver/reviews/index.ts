/** All that is answered without being stored, in one list. A new review is a file here and a line below. */
import type { TokenAuthenticator } from "../authn/service-account.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { RbacIndex } from "../authz/rbac-index.ts";
import type { VirtualResource } from "../virtual-resource.ts";
import { selfSubjectReview } from "./self-subject-review.ts";
import { selfSubjectRulesReview } from "./self-subject-rules-review.ts";
import { accessReviews } from "./subject-access-review.ts";
import { type TokenRequestOptions, tokenRequest } from "./token-request.ts";
import { tokenReview } from "./token-review.ts";

export interface ReviewOptions {
  authorizers: readonly Authorizer[];
  index: RbacIndex;
  authenticateToken: TokenAuthenticator;
  token: TokenRequestOptions;
}

export const reviewResources = ({ authorizers, index, authenticateToken, token }: ReviewOptions): VirtualResource[] => [
  ...accessReviews(authorizers),
  selfSubjectRulesReview(index),
  selfSubjectReview(token.clock),
  tokenReview({ authenticate: authenticateToken, audiences: token.audiences }),
  tokenRequest(token),
];

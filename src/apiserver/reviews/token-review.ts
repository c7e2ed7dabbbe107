/**
 * Whose token is this? Asked by servers that take bearer tokens themselves.
 * https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/
 */
import { badRequest } from "../../api/errors.ts";
import type { TokenReview, TokenReviewStatus } from "../../api/generated/authentication-v1.ts";
import type { TokenAuthenticator } from "../authn/service-account.ts";
import type { VirtualResource } from "../virtual-resource.ts";
import { shownUser } from "./user-info.ts";

const AUTHENTICATED = "system:authenticated";

export interface TokenReviewOptions {
  authenticate: TokenAuthenticator;
  /** Whom a token must be for where the review does not say. */
  audiences: readonly string[];
}

export const tokenReview = ({ authenticate, audiences }: TokenReviewOptions): VirtualResource => ({
  group: "authentication.k8s.io",
  resource: "tokenreviews",
  subresource: "",
  async create({ object }) {
    const review = object as TokenReview;
    const { token = "", audiences: asked = [] } = review.spec ?? {};
    if (token === "") throw badRequest("token is required for TokenReview in authentication");
    const found = await authenticate(token, asked.length > 0 ? asked : audiences);
    const status: TokenReviewStatus = found
      ? {
          authenticated: true,
          user: shownUser({ ...found.user, groups: [...found.user.groups, AUTHENTICATED] }),
          audiences: [...(found.audiences ?? [])],
        }
      : { user: {}, error: "[invalid bearer token]" };
    return { ...review, metadata: {}, status };
  },
});

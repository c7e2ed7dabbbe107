/**
 * May this user do that? Asked once a request, before anything is read.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/
 */
import type { Authorizer } from "../authz/authorizer.ts";
import { attributesOf } from "../authz/request-attributes.ts";
import { decide, refusal } from "../authz-decision.ts";
import type { Stage } from "../request-context.ts";

export const authorizationStage =
  (authorizers: readonly Authorizer[]): Stage =>
  (context, next) => {
    const attributes = attributesOf(context);
    const decision = decide(authorizers, attributes);
    if (!decision.allowed) throw refusal(attributes, decision.reason);
    return next(context);
  };

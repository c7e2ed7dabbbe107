/**
 * May this user do that? Asked once a request, before anything is read.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/
 */
import type { Attributes, Authorizer } from "../authz/authorizer.ts";
import { decide, refusal } from "../authz-decision.ts";
import type { RequestContext, Stage } from "../request-context.ts";

function attributesOf({ info, user }: RequestContext): Attributes {
  const labelSelector = info.query.get("labelSelector");
  const fieldSelector = info.query.get("fieldSelector");
  return {
    user,
    verb: info.verb,
    isResourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
    ...(labelSelector ? { labelSelector } : {}),
    ...(fieldSelector ? { fieldSelector } : {}),
  };
}

export const authorizationStage =
  (authorizers: readonly Authorizer[]): Stage =>
  (context, next) => {
    const attributes = attributesOf(context);
    const decision = decide(authorizers, attributes);
    if (!decision.allowed) throw refusal(attributes, decision.reason);
    return next(context);
  };

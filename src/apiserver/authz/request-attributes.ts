/** What authorizers are asked about a request. */
import type { RequestContext } from "../request-context.ts";
import type { Attributes } from "./authorizer.ts";

export function attributesOf({ info, user }: RequestContext): Attributes {
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

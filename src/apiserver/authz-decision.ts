/** Asks authorizers in order: the first that allows or denies decides; where none has an opinion, it is forbidden. */
import { ApiError, forbidden } from "../api/errors.ts";
import type { Attributes, Authorizer, Decision } from "./authz/authorizer.ts";

export function decide(authorizers: readonly Authorizer[], attributes: Attributes): Decision {
  const reasons: string[] = [];
  for (const authorize of authorizers) {
    const decision = authorize(attributes);
    if (decision.allowed || decision.denied) return decision;
    if (decision.reason !== "") reasons.push(decision.reason);
  }
  return { allowed: false, denied: false, reason: reasons.join("\n") };
}

/** The 403 that a client is shown. */
export function refusal(attributes: Attributes, reason: string): ApiError {
  const { user, verb, group, resource, subresource, namespace, name, path } = attributes;
  const because = reason === "" ? "" : `: ${reason}`;
  if (!attributes.isResourceRequest)
    return new ApiError({
      code: 403,
      reason: "Forbidden",
      message: `forbidden: User "${user.name}" cannot ${verb} path "${path}"${because}`,
      details: {},
    });
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return forbidden(
    { group, resource },
    name,
    `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}${because}`,
  );
}

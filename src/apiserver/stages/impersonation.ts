/**
 * Acting as somebody else: each part of the identity asked for (user, groups, uid, extra) needs the impersonate verb.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
import { type ApiError, forbidden, internalError } from "../../api/errors.ts";
import type { Headers, UserInfo } from "../../base/http.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import { decide } from "../authz-decision.ts";
import type { Stage } from "../request-context.ts";

const EXTRA = "impersonate-extra-";
const SERVICE_ACCOUNT = "system:serviceaccount:";
const AUTHENTICATION_GROUP = "authentication.k8s.io";

interface Asked {
  user: UserInfo;
  /** What must be allowed, in order. */
  checks: { group: string; resource: string; subresource: string; namespace: string; name: string }[];
}

const listOf = (value: string | undefined): string[] => (value === undefined ? [] : value.split(",").map((each) => each.trim()));

function groupsOf(name: string, asked: readonly string[]): string[] {
  if (name === "system:anonymous") return asked.length > 0 ? [...asked] : ["system:unauthenticated"];
  const groups = [...asked];
  if (groups.length === 0 && name.startsWith(SERVICE_ACCOUNT)) {
    const [namespace = ""] = name.slice(SERVICE_ACCOUNT.length).split(":");
    groups.push("system:serviceaccounts", `system:serviceaccounts:${namespace}`);
  }
  if (!groups.includes("system:authenticated") && !groups.includes("system:unauthenticated")) groups.push("system:authenticated");
  return groups;
}

function userCheck(name: string): Asked["checks"][number] {
  if (!name.startsWith(SERVICE_ACCOUNT)) return { group: "", resource: "users", subresource: "", namespace: "", name };
  const [namespace = "", account = ""] = name.slice(SERVICE_ACCOUNT.length).split(":");
  return { group: "", resource: "serviceaccounts", subresource: "", namespace, name: account };
}

/** Undefined where nobody else is asked for. */
function askedFor(headers: Headers): Asked | undefined {
  const name = headers["impersonate-user"];
  const groups = listOf(headers["impersonate-group"]);
  const uid = headers["impersonate-uid"];
  const extra: Record<string, string[]> = {};
  for (const [key, value] of Object.entries(headers))
    if (key.startsWith(EXTRA)) extra[decodeURIComponent(key.slice(EXTRA.length))] = listOf(value);
  if (name === undefined || name === "") {
    if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0)
      throw internalError("requested impersonation without impersonating a user");
    return undefined;
  }
  const checks = [
    userCheck(name),
    ...groups.map((group) => ({ group: "", resource: "groups", subresource: "", namespace: "", name: group })),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({
        group: AUTHENTICATION_GROUP,
        resource: "userextras",
        subresource: key,
        namespace: "",
        name: value,
      })),
    ),
    ...(uid === undefined ? [] : [{ group: AUTHENTICATION_GROUP, resource: "uids", subresource: "", namespace: "", name: uid }]),
  ];
  const user: UserInfo = {
    name,
    groups: groupsOf(name, groups),
    ...(uid === undefined ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
  return { user, checks };
}

export const impersonationStage =
  (authorizers: readonly Authorizer[]): Stage =>
  async (context, next) => {
    const asked = askedFor(context.request.headers);
    if (asked === undefined) return next(context);
    for (const check of asked.checks) {
      const attributes = { user: context.user, verb: "impersonate", isResourceRequest: true, version: "v1", path: "", ...check };
      const decision = decide(authorizers, attributes);
      if (!decision.allowed) throw refusal(context.user, check);
    }
    context.impersonator = context.user;
    context.user = asked.user;
    return next(context);
  };

function refusal(user: UserInfo, { group, resource, namespace, name }: Asked["checks"][number]): ApiError {
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return forbidden(
    { group, resource },
    name,
    `User "${user.name}" cannot impersonate resource "${resource}" in API group "${group}" ${where}`,
  );
}

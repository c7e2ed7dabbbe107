/**
 * What a request asks for, from its method, path and query alone: the attributes that authorization, flow control and audit see.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */
import { badRequest } from "../api/errors.ts";
import type { HttpRequest } from "../base/http.ts";

export interface RequestInfo {
  /** False for paths outside /api and /apis, and for their roots. */
  isResourceRequest: boolean;
  /**
   * get, list, watch, create, update, patch, delete, deletecollection; empty for methods that stand for none of them. The method in
   * lower case for other paths.
   */
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** What stands behind the subresource: the path of a proxied request. */
  rest: readonly string[];
  path: string;
  query: URLSearchParams;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** What namespaces have below their name that is no resource. */
const NAMESPACE_SUBRESOURCES: readonly string[] = ["status", "finalize"];

/** As upstream reads booleans of a query: only "0" and "false" are false; a bare name is true. */
export function queryFlag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}

function segmentsOf(path: string): string[] {
  try {
    const end = path.length > 1 && path.endsWith("/") ? path.length - 1 : path.length;
    const segments = path.slice(path.startsWith("/") ? 1 : 0, end).split("/");
    return path.includes("%") ? segments.map(decodeURIComponent) : segments;
  } catch {
    throw badRequest(`invalid path ${path}`);
  }
}

/** What all requests have that are for no resource. */
export const NO_RESOURCE = {
  isResourceRequest: false,
  group: "",
  version: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  rest: [],
} as const;

/** The group-version and what follows it; undefined outside of /api/<version>/… and /apis/<group>/<version>/… */
function versioned(segments: readonly string[]): { group: string; version: string; rest: string[] } | undefined {
  const [root, first, second] = segments;
  if (root === "api" && first !== undefined) return { group: "", version: first, rest: segments.slice(2) };
  if (root === "apis" && first !== undefined && second !== undefined)
    return { group: first, version: second, rest: segments.slice(3) };
  return undefined;
}

/** Where in the API `segments` (behind the group-version) lead. */
function place(
  segments: readonly string[],
): Pick<RequestInfo, "resource" | "subresource" | "namespace" | "name" | "rest"> | undefined {
  const [first = "", second = "", third = "", ...others] = segments;
  if (first === "") return undefined;
  if (first === "namespaces" && third !== "" && !NAMESPACE_SUBRESOURCES.includes(third)) {
    const [name = "", subresource = "", ...rest] = others;
    return { namespace: second, resource: third, name, subresource, rest };
  }
  // The namespace of a namespace is itself: that is what rules about it are matched with.
  const namespace = first === "namespaces" ? second : "";
  return { namespace, resource: first, name: second, subresource: third, rest: others };
}

function verbOf(method: string, name: string, query: URLSearchParams, watchPath: boolean): string {
  const verb = VERBS[method] ?? "";
  if (watchPath) return "watch";
  if (name !== "") return verb;
  if (verb === "get") return queryFlag(query, "watch") ? "watch" : "list";
  return verb === "delete" ? "deletecollection" : verb;
}

/** `metadata.name=x` in a field selector names the object: who may read one object only, may list and watch it so. */
function selectedName(query: URLSearchParams): string {
  const terms = (query.get("fieldSelector") ?? "").split(",");
  const match = terms.map((term) => /^metadata\.name==?([^=!]+)$/.exec(term)).find((each) => each !== null);
  return match?.[1] ?? "";
}

export function requestInfo(request: HttpRequest): RequestInfo {
  const { path } = request;
  const query = new URLSearchParams(request.query);
  const other: RequestInfo = { ...NO_RESOURCE, verb: request.method.toLowerCase(), path, query };
  if (path.startsWith("//")) return other;
  const found = versioned(segmentsOf(path));
  if (found === undefined) return other;
  const watchPath = found.rest[0] === "watch";
  const where = place(watchPath ? found.rest.slice(1) : found.rest);
  if (where === undefined) return { ...other, group: found.group, version: found.version };
  const verb = verbOf(request.method, watchPath ? "" : where.name, query, watchPath);
  const collection = verb === "list" || verb === "watch" || verb === "deletecollection";
  return {
    isResourceRequest: true,
    verb,
    group: found.group,
    version: found.version,
    ...where,
    name: where.name === "" && collection ? selectedName(query) : where.name,
    path,
    query,
  };
}

/** True where the path itself names the object. */
export const namesObject = ({ path, resource, namespace }: RequestInfo): boolean => {
  const segments = segmentsOf(path).filter((segment) => segment !== "");
  const start = segments[0] === "api" ? 2 : 3;
  const behind = segments.slice(start).filter((segment, index) => !(index === 0 && segment === "watch"));
  return behind[0] === "namespaces" && resource !== "namespaces" && namespace !== "" ? behind.length > 3 : behind.length > 1;
};

/**
 * The last stage: from request info to the verb that answers. Paths outside of the API go to the routes that the server was given.
 */
import { ApiError } from "../../api/errors.ts";
import type { Subresource } from "../../api/row.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import type { RequestContext, Stage } from "../request-context.ts";
import { namesObject } from "../request-info.ts";
import type { ServerParts } from "../server-parts.ts";
import { textResponse } from "../status-response.ts";
import type { Target } from "../target.ts";
import { componentStatus } from "./component-status.ts";
import { create } from "./create.ts";
import { remove } from "./delete.ts";
import { deleteCollection } from "./delete-collection.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { subresourceVerb } from "./subresources.ts";
import { update } from "./update.ts";
import { createVirtual } from "./virtual.ts";
import { watch } from "./watch.ts";

export type Verb = (parts: ServerParts, target: Target) => Promise<HttpResponse>;

/** Answers what is no resource: discovery, health, metrics. Undefined: not one of its paths. */
export type Route = (
  request: HttpRequest,
  context: RequestContext,
) => Promise<HttpResponse | undefined> | HttpResponse | undefined;

const VERBS: Readonly<Record<string, Verb>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: deleteCollection,
};

const noResource = (): ApiError =>
  new ApiError({
    code: 404,
    reason: "NotFound",
    message: "the server could not find the requested resource",
    details: {},
  });

const notAllowed = (): ApiError =>
  new ApiError({
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  });

function verbOf(parts: ServerParts, target: Target, named: boolean): Verb {
  const { row, subresource, context, namespace } = target;
  const { verb } = context.info;
  if (subresource) {
    const found = subresourceVerb(parts, target, subresource);
    if (found === undefined) throw notAllowed();
    return found;
  }
  if (named !== (verb === "get" || verb === "update" || verb === "patch" || verb === "delete") && verb !== "watch")
    throw notAllowed();
  if (row.namespaced && namespace === "" && verb !== "list" && verb !== "watch") throw notAllowed();
  if (!row.verbs.includes(verb)) throw notAllowed();
  if (!row.stored) return verb === "create" ? createVirtual : componentStatus;
  return VERBS[verb] ?? (() => Promise.reject(notAllowed()));
}

/** What clients should no longer use, and what instead. */
const DEPRECATED: Readonly<Record<string, string>> = {
  "/endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  "/componentstatuses": "v1 ComponentStatus is deprecated in v1.19+",
};

function targetOf({ table }: ServerParts, context: RequestContext): { target: Target; named: boolean } {
  const { info } = context;
  const served = table.find(info.group, info.version, info.resource);
  if (served === undefined || (info.rest.length > 0 && info.subresource !== "proxy")) throw noResource();
  const { row, face } = served;
  const deprecated = DEPRECATED[`${row.group}/${row.resource}`];
  if (deprecated !== undefined) context.warnings.add(deprecated);
  if (!row.namespaced && info.namespace !== "" && info.resource !== "namespaces") throw noResource();
  const named = namesObject(info);
  if (row.namespaced && info.namespace === "" && named) throw noResource();
  let subresource: Subresource | undefined;
  if (info.subresource !== "") {
    subresource = row.subresources.find(({ name }) => name === info.subresource);
    if (subresource === undefined) throw noResource();
  }
  const namespace = row.namespaced ? info.namespace : "";
  return { target: { context, row, face, namespace, name: named ? info.name : "", subresource }, named };
}

async function answerRoutes(routes: readonly Route[], context: RequestContext): Promise<HttpResponse> {
  for (const route of routes) {
    const answer = await route(context.request, context);
    if (answer) return answer;
  }
  if (/^\/apis?(\/|$)/.test(context.request.path)) throw noResource();
  return textResponse(404, "404 page not found\n");
}

/** A HEAD is a GET of which only the head goes out. */
const headOf = (response: HttpResponse): HttpResponse => ({ ...response, body: new Uint8Array(0) });

export function verbStage(parts: ServerParts, routes: readonly Route[]): Stage {
  return async (context) => {
    const { info, request } = context;
    if (!info.isResourceRequest) return answerRoutes(routes, context);
    const { target, named } = targetOf(parts, context);
    const response = await verbOf(parts, target, named)(parts, target);
    return request.method === "HEAD" ? headOf(response) : response;
  };
}

/**
 * The node API: what the API server asks a kubelet for. An HttpHandler; sockets, TLS and who may ask are the caller's.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */
import { isApiError, notFound } from "../../api/errors.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../base/http.ts";
import type { Logger } from "../../base/logger.ts";
import type { PodContext } from "../pod/context.ts";
import type { PodWorker } from "../pod/worker.ts";
import { containerLogs } from "./container-logs.ts";
import { pathParts } from "./paths.ts";

export interface NodeApiOptions {
  workers: ReadonlyMap<string, PodWorker>;
  context: PodContext;
  logger: Logger;
}

const text = (status: number, message: string): HttpResponse => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: encodeUtf8(message),
});

type Handle = (options: NodeApiOptions, request: HttpRequest, parts: readonly string[]) => HttpResponse | Promise<HttpResponse>;

function pods({ workers }: NodeApiOptions): HttpResponse {
  const items = [...workers.values()].map(({ pod, status }) => ({ ...pod, status }));
  const body = encodeUtf8(JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items }));
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

/** By the first part of the path. */
const ROUTES: Readonly<Record<string, Handle>> = {
  healthz: () => text(200, "ok"),
  pods,
  containerLogs: (options, request, [namespace = "", pod = "", container = ""]) => {
    const worker = [...options.workers.values()].find(
      (each) => each.pod.metadata.namespace === namespace && each.pod.metadata.name === pod,
    );
    if (worker === undefined) throw notFound({ group: "", resource: "pods" }, pod);
    return containerLogs(options.context, worker, container, request);
  },
};

export function nodeApi(options: NodeApiOptions): HttpHandler {
  return async (request) => {
    const [first = "", ...parts] = pathParts(request.path) ?? [];
    const handle = Object.hasOwn(ROUTES, first) ? ROUTES[first] : undefined;
    if (handle === undefined) return text(404, "404 page not found\n");
    if (request.method !== "GET") return text(405, "Method Not Allowed\n");
    try {
      return await handle(options, request, parts);
    } catch (error) {
      // The API server hands these words on to its client.
      if (isApiError(error)) return text(error.code, error.message);
      options.logger.error("node API", { path: request.path, error: String(error) });
      return text(500, error instanceof Error ? error.message : String(error));
    }
  };
}

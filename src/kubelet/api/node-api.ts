/**
 * The node API: what the API server, monitoring and people ask a kubelet for. An HttpHandler; sockets and TLS are the caller's, who
 * may ask is access/.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */
import { isApiError } from "../../api/errors.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../../base/http.ts";
import type { Logger } from "../../base/logger.ts";
import { healthRoute, ping } from "../../telemetry/index.ts";
import type { PodContext } from "../pod/context.ts";
import { json, pageNotFound, text } from "./answers.ts";
import { type Configured, kubeletConfiguration } from "./configuration.ts";
import { containerLogs } from "./container-logs.ts";
import { type FigureSources, metrics, stats } from "./figures.ts";
import { type HostLogs, hostLogs } from "./host-logs.ts";
import { pathParts } from "./paths.ts";
import { pods, runningPods } from "./pod-lists.ts";
import { attach, exec, portForward, run } from "./streams.ts";

export interface NodeApiOptions extends FigureSources {
  context: PodContext;
  logger: Logger;
  configured: Configured;
  /** The node's own; absent on a simulated node. */
  hostLogs: HostLogs | undefined;
  /** Why the kubelet does not look after its Pods, or undefined. */
  syncProblem(): string | undefined;
}

type Handle = (
  options: NodeApiOptions,
  request: HttpRequest,
  parts: readonly string[],
) => HttpResponse | undefined | Promise<HttpResponse | undefined>;

interface Route {
  methods: readonly string[];
  handle: Handle;
}

const reading = (handle: Handle): Route => ({ methods: ["GET", "HEAD"], handle });

/** GET too: browsers open WebSockets in no other way. */
const streaming = (handle: Handle): Route => ({ methods: ["GET", "POST"], handle });

/** For paths without further parts. */
const alone =
  (handle: Handle): Handle =>
  (options, request, parts) =>
    parts.some((part) => part !== "") ? pageNotFound() : handle(options, request, parts);

function health({ syncProblem, logger }: NodeApiOptions, request: HttpRequest) {
  const log = { name: "log", check: () => undefined };
  const checks = [ping, log, { name: "syncloop", check: syncProblem }];
  return healthRoute({ endpoints: { healthz: checks }, logger })(request);
}

function logsOf(options: NodeApiOptions, request: HttpRequest, parts: readonly string[]) {
  const [namespace = "", pod = "", container = ""] = parts;
  const worker = [...options.workers.values()].find(
    (each) => each.pod.metadata.namespace === namespace && each.pod.metadata.name === pod,
  );
  if (worker === undefined) return text(404, `pod "${pod}" does not exist`);
  return containerLogs(options.context, worker, container, request);
}

/** By the first part of the path; which permission each takes stands in access/attributes.ts. */
const ROUTES: Readonly<Record<string, Route>> = {
  healthz: reading(health),
  pods: reading(alone(({ workers }) => pods(workers.values()))),
  runningpods: reading(alone(({ runtime }) => runningPods(runtime))),
  configz: reading(alone(({ configured }) => json({ kubeletconfig: kubeletConfiguration(configured) }))),
  stats: reading(stats),
  metrics: reading(metrics),
  logs: reading((options, { signal }, parts) => hostLogs(options.hostLogs, parts, signal)),
  containerLogs: reading(logsOf),
  exec: streaming(exec),
  attach: streaming(attach),
  portForward: streaming(portForward),
  run: { methods: ["POST"], handle: run },
};

export function nodeApi(options: NodeApiOptions): HttpHandler {
  return async (request) => {
    const [first = "", ...parts] = pathParts(request.path) ?? [];
    const route = Object.hasOwn(ROUTES, first) ? ROUTES[first] : undefined;
    if (route === undefined) return pageNotFound();
    if (!route.methods.includes(request.method)) return text(405, "405: Method Not Allowed");
    try {
      return (await route.handle(options, request, parts)) ?? pageNotFound();
    } catch (error) {
      // The API server hands these words on to its client.
      if (isApiError(error)) return text(error.code, error.message);
      options.logger.error("node API", { path: request.path, error: String(error) });
      return text(500, error instanceof Error ? error.message : String(error));
    }
  };
}

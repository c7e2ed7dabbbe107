/**
 * One ordered list of stages, from a request to its answer. Whatever a stage throws becomes a Status here, and only here; headers
 * that every answer has are added here.
 */
import { ApiError, internalError } from "../api/errors.ts";
import type { Clock } from "../base/clock.ts";
import { type Entropy, uuid } from "../base/entropy.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { negotiateError } from "./negotiation.ts";
import { type Next, NOBODY, type RequestContext, type Stage } from "./request-context.ts";
import { NO_RESOURCE, type RequestInfo } from "./request-info.ts";
import { errorResponse } from "./status-response.ts";
import { prepareYamlAnswers } from "./yaml.ts";

export interface PipelineOptions {
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  /** In order; the last one answers. */
  stages: readonly Stage[];
}

const REQUEST_TIMEOUT_MS = 60_000;

/** Until the path has been read. */
const NO_INFO: RequestInfo = { ...NO_RESOURCE, verb: "", path: "", query: new URLSearchParams() };

function contextOf(request: HttpRequest, clock: Clock, entropy: Entropy): RequestContext {
  const startedMs = clock.now();
  return {
    request,
    clock,
    auditId: request.headers["audit-id"] ?? uuid(entropy),
    startedMs,
    deadlineMs: startedMs + REQUEST_TIMEOUT_MS,
    info: NO_INFO,
    user: NOBODY,
    impersonator: undefined,
    dryRun: false,
    warnings: new Set(),
    responseHeaders: {},
    seat: undefined,
  };
}

/** Quotes and backslashes are escaped, and line ends cannot stand in a header. */
const warningOf = (text: string): string =>
  `299 - "${text.replace(/[\r\n]+/g, " ").replace(/["\\]/g, (character) => `\\${character}`)}"`;

function complete(context: RequestContext, response: HttpResponse): HttpResponse {
  const headers: Record<string, string> = {
    "audit-id": context.auditId,
    "cache-control": "no-cache, private",
    ...context.responseHeaders,
    ...response.headers,
  };
  if (context.warnings.size > 0) headers.warning = [...context.warnings].map(warningOf).join(", ");
  return { ...response, headers };
}

export function pipeline({ clock, entropy, logger, stages }: PipelineOptions): HttpHandler {
  const end: Next = () => Promise.reject(internalError("no stage answered the request"));
  const run = stages.reduceRight<Next>((next, stage) => (context) => stage(context, next), end);
  return async (request) => {
    const activity = clock.hold("API request");
    const context = contextOf(request, clock, entropy);
    if (request.headers.accept?.includes("yaml")) await prepareYamlAnswers();
    try {
      return complete(context, await run(context));
    } catch (thrown) {
      const response = errorResponse(thrown, negotiateError(request.headers.accept));
      // A store that says it cannot (closed, full) is no mistake of ours.
      if (!(thrown instanceof ApiError) && response.status === 500)
        logger.error("request failed", {
          method: request.method,
          path: request.path,
          error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
        });
      return complete(context, response);
    } finally {
      activity.release();
    }
  };
}

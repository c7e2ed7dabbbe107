/** What both HTTP versions do with a handler's answer before it is written. */
import { internalError, isApiError, statusOf } from "../api/errors.ts";
import { encodeUtf8 } from "../base/bytes.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "../base/http.ts";
import type { Logger } from "../base/logger.ts";
import { gzipped, isStatic, wantsGzip } from "./gzip.ts";

/** The handler's answer. A handler should answer for its own errors; what it throws nevertheless is an internal error. */
export async function answerOf(handler: HttpHandler, request: HttpRequest, log: Logger): Promise<HttpResponse> {
  let response: HttpResponse;
  try {
    response = await handler(request);
  } catch (error) {
    if (!isApiError(error)) log.error("a request handler failed", { path: request.path, error: String(error) });
    const status = statusOf(isApiError(error) ? error : internalError(String(error), error));
    response = { status: status.code, headers: { "content-type": "application/json" }, body: encodeUtf8(JSON.stringify(status)) };
  }
  const { body } = response;
  if (!isStatic(body) || !wantsGzip(request.headers["accept-encoding"], response.headers, body)) return response;
  return {
    status: response.status,
    headers: { ...response.headers, "content-encoding": "gzip", vary: "Accept-Encoding" },
    body: await gzipped(body),
  };
}

/** Answers without a body: no length is announced either. */
export const isBodiless = (status: number): boolean => status === 204 || status === 304 || status < 200;

/** Header lines of a request as the handler sees them: names in lower case already, values joined. */
export function plainHeaders(from: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name in from) {
    const value = from[name];
    if (value === undefined || name.charCodeAt(0) === 58) continue;
    headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return headers;
}

/** Splits a request target into path and query. Absolute targets, as proxies send them, lose their origin. */
export function splitTarget(target: string): { path: string; query: string } {
  let from = 0;
  if (target.charCodeAt(0) !== 47) {
    const scheme = target.indexOf("://");
    from = scheme < 0 ? 0 : target.indexOf("/", scheme + 3);
    if (from < 0) return { path: "/", query: "" };
  }
  const question = target.indexOf("?", from);
  if (question < 0) return { path: target.slice(from), query: "" };
  return { path: target.slice(from, question), query: target.slice(question + 1) };
}

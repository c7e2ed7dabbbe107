/**
 * Passes a request on to a server behind the API, and its answer back: streamed both ways, links and redirects pointing through the
 * proxy, upgrades taken over.
 * https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/
 */
import { ApiError, internalError, isApiError, serviceUnavailable } from "../../api/errors.ts";
import { EMPTY } from "../../base/bytes.ts";
import type { Headers, HttpHandler, HttpRequest, HttpResponse, UpgradedConnection } from "../../base/http.ts";
import { isUpgradeRequest } from "../../streaming/upgrade.ts";
import { answerHeaders, requestHeaders, upgradeHeaders } from "./headers.ts";
import { isRewritable, withLinks } from "./html-body.ts";
import { isBrokenUrl, type ProxiedPlace, rewrittenLink } from "./links.ts";
import { streamOf } from "./streamed.ts";
import { escapePath, joinKeepingSlash, joinPaths, unescapePath } from "./url-path.ts";

export interface Destination {
  readonly handle: HttpHandler;
  /** `host:port`, as links of the server behind name it. */
  readonly host: string;
}

/** A path that leads through a proxy, decoded. */
export interface ProxiedPath {
  /** Below which the server behind is seen. */
  readonly prefix: string;
  /** On that server, cleaned; empty where nothing was asked for. */
  readonly behind: string;
}

/** `depth`: how many segments the proxy's own path has. */
export function proxiedPath(path: string, depth: number): ProxiedPath {
  const segments = path.slice(1).split("/");
  const rest = segments.slice(depth).join("/");
  const cleaned = rest === "" ? "" : joinPaths(unescapePath(rest) ?? rest);
  const prefix = `/${segments.slice(0, depth).join("/")}`;
  return {
    prefix: unescapePath(prefix) ?? prefix,
    behind: path.endsWith("/") && !cleaned.endsWith("/") ? `${cleaned}/` : cleaned,
  };
}

/** Throws ApiError where that server cannot be reached. */
export function forward(request: HttpRequest, destination: Destination, path: ProxiedPath): Promise<HttpResponse> {
  const { behind } = path;
  if (isUpgradeRequest(request)) return upgrade(request, destination, behind);
  if (behind === "" && (request.method === "GET" || request.method === "HEAD"))
    return Promise.resolve(redirectToDirectory(request));
  return exchange(request, destination, path);
}

/** Links relative to a server's root are right only below a path that ends with a slash. */
const redirectToDirectory = ({ path, query }: HttpRequest): HttpResponse => ({
  status: 301,
  headers: { location: `${path}/${query === "" ? "" : `?${query}`}` },
  body: EMPTY,
});

function passedOn(request: HttpRequest, behind: string, headers: Headers): HttpRequest {
  return {
    method: request.method,
    path: escapePath(behind || "/"),
    query: request.query,
    headers,
    body: (limitBytes) => request.body(limitBytes),
    bodyTo: request.bodyTo,
    remoteAddress: request.remoteAddress,
    signal: request.signal,
  };
}

async function exchange(request: HttpRequest, destination: Destination, path: ProxiedPath): Promise<HttpResponse> {
  const { handle, host } = destination;
  const { prefix, behind } = path;
  const uri = joinKeepingSlash(prefix, escapePath(behind || "/"));
  const headers = requestHeaders(request.headers, request.remoteAddress, uri);
  let response: HttpResponse;
  try {
    response = await handle(passedOn(request, behind, headers));
  } catch (error) {
    throw serviceUnavailable(`error trying to reach service: ${wordsOf(error)}`);
  }
  if (response.status === 101) {
    discard(response);
    throw backendError("invalid response: the server behind switched protocols without being asked");
  }
  return seenThroughProxy(response, request.method, { prefix, host, requestHost: request.headers.host ?? "" });
}

function seenThroughProxy(response: HttpResponse, method: string, place: ProxiedPlace): HttpResponse {
  const { status, cookies } = response;
  const headers = answerHeaders(response.headers);
  const { location } = headers;
  if (location !== undefined && location !== "") {
    if (isBrokenUrl(location)) {
      discard(response);
      throw internalError(`error trying to parse Location header: parse ${JSON.stringify(location)}: invalid URL`);
    }
    headers.location = rewrittenLink(location, place) ?? location;
    return { status, headers, cookies, body: response.body };
  }
  const type = headers["content-type"]?.split(";", 1)[0]?.trim();
  const encoding = headers["content-encoding"] ?? "";
  if (type !== "text/html" || method === "HEAD" || !isRewritable(encoding))
    return { status, headers, cookies, body: response.body };
  delete headers["content-length"];
  return { status, headers, cookies, body: withLinks(streamOf(response.body), encoding, (link) => rewrittenLink(link, place)) };
}

async function upgrade(request: HttpRequest, { handle }: Destination, behind: string): Promise<HttpResponse> {
  let response: HttpResponse;
  try {
    response = await handle(passedOn(request, behind, upgradeHeaders(request.headers, request.remoteAddress)));
  } catch (error) {
    throw backendError(`error dialing backend: ${wordsOf(error)}`);
  }
  if (response.status === 101 || response.status >= 400) return response;
  discard(response);
  throw backendError(`invalid upgrade response: status code ${response.status}`);
}

const backendError = (message: string): ApiError => new ApiError({ code: 500, reason: "", message });

/** The words of whoever tried: those of the connection, where a client put its own before them. */
function wordsOf(error: unknown): string {
  if (isApiError(error) && error.cause instanceof Error) return error.cause.message;
  return error instanceof Error ? error.message : String(error);
}

const nothing = (): void => {};

const CLOSED: UpgradedConnection = {
  write: () => false,
  drained: () => Promise.resolve(),
  end: nothing,
  abort: nothing,
  closed: true,
  onData: nothing,
  onClose: (listener) => listener(),
  pauseReading: nothing,
  resumeReading: nothing,
};

/** Lets go of an answer that nobody reads. */
function discard(response: HttpResponse): void {
  response.upgrade?.(CLOSED);
  streamOf(response.body).stream(CLOSED);
}

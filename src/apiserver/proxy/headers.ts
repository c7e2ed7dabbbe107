/** Headers of proxied requests and answers: what belongs to one connection stays there, credentials stay here. */
import type { Headers } from "../../base/http.ts";
import { listOf } from "../../streaming/upgrade.ts";

/** https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Who may read what of an answer is said by the API server, not by a Pod. */
const CORS: ReadonlySet<string> = new Set([
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
]);

const isCredential = (name: string): boolean => name === "authorization" || name.startsWith("impersonate-");

const listed = (header: string | undefined): string[] => listOf(header?.toLowerCase());

function endToEnd(headers: Headers, isDropped: (name: string) => boolean): Record<string, string> {
  const named = new Set(listed(headers.connection));
  const kept: Record<string, string> = {};
  for (const name in headers) if (!HOP_BY_HOP.has(name) && !named.has(name) && !isDropped(name)) kept[name] = headers[name] ?? "";
  return kept;
}

function withClient(headers: Record<string, string>, remoteAddress: string): Record<string, string> {
  if (remoteAddress === "") return headers;
  const before = headers["x-forwarded-for"];
  return { ...headers, "x-forwarded-for": before === undefined ? remoteAddress : `${before}, ${remoteAddress}` };
}

/** Of a plain request. `forwardedUri`: the path under which the client sees what it asks for. */
export function requestHeaders(headers: Headers, remoteAddress: string, forwardedUri: string): Headers {
  const kept = endToEnd(headers, isCredential);
  if (listed(headers.te).includes("trailers")) kept.te = "trailers";
  return { ...withClient(kept, remoteAddress), "x-forwarded-uri": forwardedUri };
}

/** Of a request that takes the connection over: all but credentials go on. */
export function upgradeHeaders(headers: Headers, remoteAddress: string): Headers {
  return withClient(Object.fromEntries(Object.entries(headers).filter(([name]) => !isCredential(name))), remoteAddress);
}

/** Of an answer. The API server's word on caching stays, before that of the server behind. */
export function answerHeaders(headers: Headers): Record<string, string> {
  const kept = endToEnd(headers, (name) => CORS.has(name));
  const caching = kept["cache-control"];
  if (caching !== undefined) kept["cache-control"] = `no-cache, private, ${caching}`;
  return kept;
}

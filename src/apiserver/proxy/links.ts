/**
 * Links in proxied answers: what points to the server behind the proxy is made to point through the proxy. Texts are of one byte a
 * character.
 */
import { escapePath, joinKeepingSlash, unescapePath } from "./url-path.ts";

export interface ProxiedPlace {
  /** The decoded path below which the server is seen: `/api/v1/namespaces/n/services/s/proxy`. */
  readonly prefix: string;
  /** `host:port` of the server behind. */
  readonly host: string;
  /** The Host header that the client sent: links to it are links to the same server. */
  readonly requestHost: string;
}

interface Reference {
  scheme: string;
  /** With the user, as it was written; undefined where there is none. */
  authority: string | undefined;
  path: string;
  /** Query and fragment with their marks. */
  rest: string;
}

/** All but what is printable. */
const CONTROL = /[^\x20-\x7e\x80-\uffff]/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;

/** Undefined for what is no URL, or has no path from the root. */
function referenceOf(text: string): Reference | undefined {
  if (CONTROL.test(text)) return undefined;
  const scheme = SCHEME.exec(text)?.[1] ?? "";
  const behind = scheme === "" ? text : text.slice(scheme.length + 1);
  const mark = behind.search(/[?#]/);
  const place = mark < 0 ? behind : behind.slice(0, mark);
  const rest = mark < 0 ? "" : behind.slice(mark);
  if (!place.startsWith("//") || (scheme === "" && place.startsWith("///"))) {
    return place.startsWith("/") ? { scheme, authority: undefined, path: place, rest } : undefined;
  }
  const slash = place.indexOf("/", 2);
  if (slash < 0) return undefined;
  return { scheme, authority: place.slice(2, slash), path: place.slice(slash), rest };
}

/** The link as clients of the proxy have to see it; undefined where it stays as it is. */
export function rewrittenLink(text: string, place: ProxiedPlace): string | undefined {
  const reference = referenceOf(text);
  if (reference === undefined) return undefined;
  const { scheme, authority, path, rest } = reference;
  const host = authority?.slice(authority.lastIndexOf("@") + 1) ?? "";
  if (host !== "" && host !== place.host && host !== place.requestHost) return undefined;
  const decoded = unescapePath(path);
  if (decoded === undefined) return undefined;
  const isOfRequest = authority !== undefined && host === place.requestHost;
  const start = isOfRequest ? `${scheme === "" ? "" : `${scheme}:`}//${authority}` : "";
  // The server knows where it is seen.
  const target = decoded.startsWith(place.prefix) ? path : escapePath(joinKeepingSlash(place.prefix, decoded));
  return start + target + rest;
}

/** True where `text` cannot be read as a URL at all: a Location header has to be one. */
export const isBrokenUrl = (text: string): boolean => {
  if (CONTROL.test(text) || text.startsWith(":")) return true;
  const path = text.replace(/[?#].*$/s, "");
  if (unescapePath(path) === undefined) return true;
  // A first segment with a colon would be a scheme.
  return !SCHEME.test(text) && /^[^/]*:/.test(path);
};

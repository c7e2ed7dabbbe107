/** Everything a client asks to learn what this server is: discovery, OpenAPI, version, and the list of paths. */
import type { AnyResource } from "../../api/row.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { discoveryRoute } from "./discovery-routes.ts";
import type { Compressor } from "./document.ts";
import { openApiRoute } from "./open-api-routes.ts";
import type { SchemaTexts } from "./open-api-v3.ts";
import { type Route, type Snapshot, snapshots } from "./route.ts";
import { versionDocument } from "./version.ts";

export type { Compressor } from "./document.ts";
export { GIT_VERSION } from "./version.ts";

export interface DiscoveryOptions {
  /** What is served now. Documents are made anew when these rows are others than before. */
  rows(): Iterable<AnyResource>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** `host:port` under which clients reach this server. */
  serverAddress?(): string;
  compressor?: Compressor;
  /** The clock's; without it, long documents are made in one step. */
  pause?(): Promise<void>;
  /** Where OpenAPI's schemas come from; the generated ones unless said otherwise. */
  schemaTexts?(): Promise<SchemaTexts>;
  /** Further paths that `/` lists. */
  otherPaths?: readonly string[];
}

const generatedTexts = async (): Promise<SchemaTexts> => (await import("../../api/generated/openapi.ts")).openApiSchemas;

/**
 * Answers GET and HEAD of `/`, `/api`, `/apis`, `/openapi/v2`, `/openapi/v3`, `/version` and the documents below them; undefined for
 * everything else. Throws ApiError 406.
 */
export function discoveryRoutes(
  options: DiscoveryOptions,
): (request: HttpRequest) => Promise<HttpResponse> | HttpResponse | undefined {
  const parts = {
    snapshot: snapshots(() => options.rows()),
    serverAddress: () => options.serverAddress?.() ?? "",
    compressor: options.compressor,
    schemaTexts: () => (options.schemaTexts ?? generatedTexts)(),
    now: () => options.now(),
    pause: () => options.pause?.() ?? Promise.resolve(),
  };
  const routes: readonly Route[] = [
    versionRoute,
    discoveryRoute(parts),
    openApiRoute(parts),
    rootRoute(parts.snapshot, options.otherPaths ?? []),
  ];
  return (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    const path = request.path.length > 1 && request.path.endsWith("/") ? request.path.slice(0, -1) : request.path;
    for (const route of routes) {
      const response = route(request, path);
      if (response !== undefined) return response;
    }
    return undefined;
  };
}

const json = (text: string): HttpResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: encodeUtf8(text),
});

const versionRoute: Route = (_request, path) =>
  path === "/version" ? json(JSON.stringify(versionDocument, null, 2)) : undefined;

const OWN_PATHS = ["/openapi/v2", "/openapi/v3", "/version"];

function rootRoute(snapshot: () => Snapshot, otherPaths: readonly string[]): Route {
  return (_request, path) =>
    path === "/" || path === "" ? json(`${JSON.stringify({ paths: pathsOf(snapshot(), otherPaths) }, null, 2)}\n`) : undefined;
}

function pathsOf({ groups, versions }: Snapshot, otherPaths: readonly string[]): string[] {
  const named = groups.filter(({ name }) => name !== "").map(({ name }) => `/apis/${name}`);
  const served = versions.map(({ group, groupVersion }) => (group === "" ? `/api/${groupVersion}` : `/apis/${groupVersion}`));
  return ["/api", "/apis", ...named, ...served, ...OWN_PATHS, ...otherPaths].sort();
}

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { builtInResources } from "../../api/resources.ts";
import type { AnyResource } from "../../api/row.ts";
import { decodeUtf8 } from "../../base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { AGGREGATED_MEDIA_TYPE } from "./aggregated-document.ts";
import { apiGroupsOf, comparePreference } from "./api-groups.ts";
import { type DiscoveryOptions, discoveryRoutes } from "./index.ts";
import { SWAGGER_PROTOBUF, SWAGGER_PROTOBUF_ANSWER } from "./swagger-protobuf.ts";

type Json = Record<string, unknown>;

const facts = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`../../../facts/${name}`, import.meta.url), "utf8")) as Json;

function serving(options: Partial<DiscoveryOptions> = {}) {
  const routes = discoveryRoutes({
    rows: () => builtInResources,
    now: () => 0,
    serverAddress: () => "10.0.0.1:6443",
    ...options,
  });
  return async (url: string, headers: Record<string, string> = {}): Promise<HttpResponse | undefined> => {
    const [path = "", query = ""] = url.split("?");
    const request = { method: "GET", path, query, headers, remoteAddress: "", signal: new AbortController().signal };
    return routes(request as unknown as HttpRequest);
  };
}

const bytesOf = (response: HttpResponse | undefined): Uint8Array => response?.body as Uint8Array;
const jsonOf = (response: HttpResponse | undefined): Json => JSON.parse(decodeUtf8(bytesOf(response))) as Json;

const get = serving();

describe("Discovery", () => {
  const legacy = facts("discovery-legacy.json");

  it.each(Object.keys(legacy).filter((path) => path !== "/api"))("answers %s as upstream does", async (path) => {
    expect(jsonOf(await get(path))).toEqual(legacy[path]);
  });

  it("lists the versions of the core group with the server's address", async () => {
    expect(jsonOf(await get("/api"))).toEqual({
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "10.0.0.1:6443" }],
    });
  });

  it("describes a group, preferred version first", async () => {
    const { name, versions, preferredVersion } = jsonOf(await get("/apis/autoscaling/"));
    expect(name).toBe("autoscaling");
    expect(versions).toEqual(["v2", "v1"].map((version) => ({ groupVersion: `autoscaling/${version}`, version })));
    expect(preferredVersion).toEqual({ groupVersion: "autoscaling/v2", version: "v2" });
  });

  it("is not responsible for groups and paths that are not there", async () => {
    for (const path of ["/apis/nothing", "/apis/apps/v9", "/api/v2", "/api/v1/pods", "/metrics"])
      expect(await get(path)).toBe(undefined);
  });

  it("aggregates all resources in upstream's order", async () => {
    const resources = [];
    for (const path of ["/api", "/apis"]) {
      const response = await get(path, { accept: AGGREGATED_MEDIA_TYPE });
      expect(response?.headers["content-type"]).toBe(AGGREGATED_MEDIA_TYPE);
      const { items } = jsonOf(response) as {
        items: { metadata: { name?: string }; versions: { version: string; resources: Json[] }[] }[];
      };
      for (const { metadata, versions } of items)
        for (const { version, resources: listed } of versions)
          for (const each of listed) resources.push(asFact(metadata.name ?? "", version, each));
    }
    expect(resources).toEqual(facts("discovery.json").resources);
  });

  it("falls back to what else is accepted where an aggregated version is not served", async () => {
    const old = AGGREGATED_MEDIA_TYPE.replace("v2", "v2beta1");
    expect(jsonOf(await get("/apis", { accept: `${old},application/json` })).kind).toBe("APIGroupList");
    await expect(get("/apis", { accept: old })).rejects.toMatchObject({ code: 406 });
    await expect(get("/apis/apps", { accept: AGGREGATED_MEDIA_TYPE })).rejects.toMatchObject({ code: 406 });
  });

  it("answers 304 to a client that has the aggregated document, until the rows change", async () => {
    let rows: readonly AnyResource[] = builtInResources;
    const ask = serving({ rows: () => rows });
    const first = await ask("/apis", { accept: AGGREGATED_MEDIA_TYPE });
    const headers = { accept: AGGREGATED_MEDIA_TYPE, "if-none-match": first?.headers.etag ?? "" };
    expect((await ask("/apis", headers))?.status).toBe(304);
    rows = [...builtInResources, thing];
    expect((await ask("/apis", headers))?.status).toBe(200);
  });

  it("tells the version in the form that kubectl shows", async () => {
    const text = decodeUtf8(bytesOf(await get("/version")));
    expect(text).toContain('  "major": "1",\n  "minor": "36",\n');
    expect(JSON.parse(text)).toMatchObject({ gitVersion: "v1.36.3" });
  });

  it("lists all paths at the root", async () => {
    const { paths } = jsonOf(await serving({ otherPaths: ["/metrics"] })("/"));
    expect(paths).toEqual(expect.arrayContaining(["/api/v1", "/apis/apps", "/apis/apps/v1", "/metrics", "/openapi/v3"]));
  });

  it("prefers stable and newer versions", () => {
    const versions = ["v1beta1", "foo10", "v11alpha2", "v10", "v2", "v10beta3", "v1", "foo1"];
    expect(versions.sort(comparePreference)).toEqual(["v10", "v2", "v1", "v10beta3", "v1beta1", "v11alpha2", "foo1", "foo10"]);
  });
});

function asFact(group: string, version: string, resource: Json): Json {
  const { responseKind, scope, singularResource, subresources, ...rest } = resource as {
    responseKind: { kind: string };
    scope: string;
    singularResource: string;
    subresources?: { subresource: string; responseKind: Json; verbs: string[] }[];
  };
  const all = { ...rest, group, version, kind: responseKind.kind, scope, singular: singularResource };
  if (subresources === undefined) return all;
  return {
    ...all,
    subresources: subresources.map(({ responseKind: kind, subresource, verbs }) => ({ kind, subresource, verbs })),
  };
}

const configMaps = builtInResources.find(({ resource }) => resource === "configmaps") as AnyResource;
const thing = {
  ...configMaps,
  group: "stable.example.com",
  version: "v1",
  apiVersion: "stable.example.com/v1",
  kind: "Thing",
  resource: "things",
  singular: "thing",
  shortNames: [],
  typed: false,
  faces: [
    {
      ...configMaps.faces[0],
      group: "stable.example.com",
      version: "v1",
      kind: "Thing",
      openApiSchema: { type: "object", properties: { spec: { type: "object", properties: { a: { type: "string" } } } } },
    },
  ],
} as AnyResource;

describe("OpenAPI", () => {
  const schemasIn = (document: Json): Json => (document.components as { schemas: Json }).schemas;

  it("has upstream's schemas of each group-version", async () => {
    const { groups } = { groups: apiGroupsOf(builtInResources) };
    for (const { versions } of groups) {
      for (const { group, groupVersion, version } of versions) {
        const path = group === "" ? `api/${groupVersion}` : `apis/${groupVersion}`;
        const document = schemasIn(jsonOf(await get(`/openapi/v3/${path}`)));
        const own = facts(`openapi/${group || "core"}_${version}.json`).schemas as Json;
        expect(document).toMatchObject(own);
      }
    }
  });

  it("refers to no schema that is not there", async () => {
    for (const path of ["api/v1", "apis/apps/v1", "apis/autoscaling/v1"]) {
      const document = jsonOf(await get(`/openapi/v3/${path}`));
      const names = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(([, name]) => name);
      const known = schemasIn(document);
      expect(names.filter((name) => known[name ?? ""] === undefined)).toEqual([]);
    }
  });

  it("says that PATCH takes fieldValidation and dryRun, for which kubectl looks", async () => {
    const { paths } = jsonOf(await get("/openapi/v3/apis/apps/v1")) as {
      paths: Record<string, { patch?: Json & { parameters: { name: string }[] } }>;
    };
    const patch = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?.patch;
    expect(patch?.parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(["fieldValidation", "dryRun"]));
    expect(patch?.["x-kubernetes-group-version-kind"]).toEqual({ group: "apps", version: "v1", kind: "Deployment" });
    expect(patch?.["x-kubernetes-action"]).toBe("patch");
  });

  it("can be cached for ever under its hash, and redirects from an old one", async () => {
    const { paths } = jsonOf(await get("/openapi/v3")) as { paths: Record<string, { serverRelativeURL: string }> };
    const url = paths["apis/batch/v1"]?.serverRelativeURL ?? "";
    const response = await get(url);
    expect(response?.headers).toMatchObject({ "cache-control": "public, immutable", expires: "Fri, 01 Jan 1971 00:00:00 GMT" });
    expect((await get(url, { "if-none-match": response?.headers.etag ?? "" }))?.status).toBe(304);
    const moved = await get("/openapi/v3/apis/batch/v1?hash=OLD");
    expect([moved?.status, moved?.headers.location]).toEqual([301, url]);
  });

  it("publishes custom resources", async () => {
    const ask = serving({ rows: () => [...builtInResources, thing] });
    const document = jsonOf(await ask("/openapi/v3/apis/stable.example.com/v1"));
    expect(Object.keys(document.paths as Json).sort()).toEqual([
      "/apis/stable.example.com/v1/namespaces/{namespace}/things",
      "/apis/stable.example.com/v1/namespaces/{namespace}/things/{name}",
      "/apis/stable.example.com/v1/things",
    ]);
    expect(schemasIn(document)["com.example.stable.v1.Thing"]).toMatchObject({
      properties: { spec: { properties: { a: { type: "string" } } }, kind: { type: "string" } },
      "x-kubernetes-group-version-kind": [{ group: "stable.example.com", version: "v1", kind: "Thing" }],
    });
  });

  it("serves v2 as JSON and as protobuf, compressed where asked", async () => {
    const ask = serving({ compressor: { gzip: (bytes) => gzipSync(bytes) } });
    const document = jsonOf(await ask("/openapi/v2"));
    expect(Object.keys(document).sort()).toEqual([
      "definitions",
      "info",
      "parameters",
      "paths",
      "security",
      "securityDefinitions",
      "swagger",
    ]);
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map(([, name]) => name);
    expect(names.filter((name) => (document.definitions as Json)[name ?? ""] === undefined)).toEqual([]);
    expect(JSON.stringify(document)).not.toContain("#/components");
    const protobuf = await ask("/openapi/v2", { accept: SWAGGER_PROTOBUF, "accept-encoding": "gzip" });
    expect(protobuf?.headers).toMatchObject({ "content-type": SWAGGER_PROTOBUF_ANSWER, "content-encoding": "gzip" });
  });

  it("answers 406 to a form of v3 that is not served", async () => {
    const accept = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
    await expect(get("/openapi/v3/api/v1", { accept })).rejects.toMatchObject({ code: 406 });
  });
});

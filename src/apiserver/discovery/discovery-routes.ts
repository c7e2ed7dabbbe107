/**
 * `/api`, `/apis` and below: what this server serves. Documents are made when they are first asked for, and again after rows changed.
 */
import { encodeProtobuf, wrapUnknown } from "../../api/protobuf/index.ts";
import { encodeUtf8 } from "../../base/bytes.ts";
import { yamlOf } from "../yaml.ts";
import { AGGREGATED_MEDIA_TYPE, aggregatedDocument } from "./aggregated-document.ts";
import type { ApiGroup } from "./api-groups.ts";
import { type Document, documentResponse, etagOf } from "./document.ts";
import { apiGroupDocument, apiGroupListDocument, apiResourceListDocument, apiVersionsDocument } from "./legacy-documents.ts";
import { type DiscoveryForm, negotiateDiscovery } from "./negotiate-document.ts";
import type { Route, RouteParts, Snapshot } from "./route.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const META_TYPES = "k8s.io.apimachinery.pkg.apis.meta.v1";

interface Kinded {
  kind: string;
  apiVersion?: string;
}

/** Discovery at `/api` and `/apis`. Undefined for other paths and for groups that are not served. */
export function discoveryRoute({ snapshot, compressor, serverAddress }: RouteParts): Route {
  return (request, path) => {
    const isRoot = path === "/api" || path === "/apis";
    if (!isRoot && !path.startsWith("/api/") && !path.startsWith("/apis/")) return undefined;
    const groups = snapshot();
    const make = isRoot ? rootDocument(path, groups, serverAddress()) : groupDocument(path, groups);
    if (make === undefined) return undefined;
    const form = negotiateDiscovery(request.headers.accept, isRoot);
    const key = `${path} ${form.mediaType} ${form.aggregated}`;
    const document = groups.memo(key, () => encode(make(form.aggregated), form));
    const headers: Record<string, string> = form.aggregated ? { "cache-control": "public" } : {};
    return documentResponse(document, { request, compressor, headers });
  };
}

type Make = (aggregated: boolean) => Kinded;

function rootDocument(path: string, { groups }: Snapshot, serverAddress: string): Make {
  const isCore = ({ name }: ApiGroup): boolean => name === "";
  const core = groups.find(isCore) ?? { name: "", versions: [] };
  const named = groups.filter((group) => !isCore(group));
  if (path === "/api")
    return (aggregated) => (aggregated ? aggregatedDocument([core]) : apiVersionsDocument(core, serverAddress));
  return (aggregated) => (aggregated ? aggregatedDocument(named) : apiGroupListDocument(named));
}

function groupDocument(path: string, { groups }: Snapshot): Make | undefined {
  const [, root, ...rest] = path.split("/");
  const [name = "", version, ...more] = root === "api" ? ["", ...rest] : rest;
  const group = groups.find((each) => each.name === name);
  if (group === undefined || more.length > 0 || (root === "apis" && name === "")) return undefined;
  if (version === undefined) return () => apiGroupDocument(group);
  const served = group.versions.find((each) => each.version === version);
  return served && (() => apiResourceListDocument(served));
}

function encode(value: Kinded, { aggregated, mediaType }: DiscoveryForm): Document {
  if (mediaType === "protobuf") return encodeAsProtobuf(value, aggregated);
  const bytes = encodeUtf8(mediaType === "yaml" ? yamlOf(value) : `${JSON.stringify(value)}\n`);
  if (!aggregated) return { contentType: `application/${mediaType}`, bytes };
  return { contentType: AGGREGATED_MEDIA_TYPE, bytes, etag: etagOf(bytes) };
}

function encodeAsProtobuf(value: Kinded, aggregated: boolean): Document {
  const typeName = `${aggregated ? "k8s.io.api.apidiscovery.v2" : META_TYPES}.${value.kind}`;
  const apiVersion = value.apiVersion ?? "v1";
  const bytes = wrapUnknown({ kind: value.kind, apiVersion, raw: encodeProtobuf(typeName, value) });
  if (!aggregated) return { contentType: PROTOBUF, bytes };
  return { contentType: AGGREGATED_MEDIA_TYPE.replace("application/json", PROTOBUF), bytes, etag: etagOf(bytes) };
}

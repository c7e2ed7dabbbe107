/**
 * `/openapi/v2` and `/openapi/v3`. The schema texts are loaded with the first request, so that a server that nobody asks does not
 * pay for them.
 */
import { notAcceptable } from "../../api/errors.ts";
import { concatBytes, encodeUtf8 } from "../../base/bytes.ts";
import type { HttpRequest, HttpResponse } from "../../base/http.ts";
import { acceptedClauses } from "../negotiation.ts";
import type { ApiVersion } from "./api-groups.ts";
import { type Document, documentResponse, etagOf } from "./document.ts";
import { type SwaggerPart, swaggerHead, swaggerPart } from "./open-api-v2.ts";
import { documentHash, documentPath, groupVersionDocument, indexEntry, type SchemaTexts } from "./open-api-v3.ts";
import type { Route, RouteParts } from "./route.ts";
import { encodeSwagger, SWAGGER_PROTOBUF, SWAGGER_PROTOBUF_ANSWER } from "./swagger-protobuf.ts";

const JSON_TYPE = "application/json";
const V3 = "/openapi/v3";
const V2 = "/openapi/v2";

export interface OpenApiParts extends RouteParts {
  schemaTexts(): Promise<SchemaTexts>;
  /** Milliseconds since the epoch, for Expires. */
  now(): number;
  /** Lets other work go on between the groups of a long document. */
  pause(): Promise<void>;
}

export function openApiRoute(parts: OpenApiParts): Route {
  return (request, path) => {
    if (path === V2) return swagger(request, parts);
    if (path === V3) return index(request, parts);
    if (!path.startsWith(`${V3}/`)) return undefined;
    const version = parts.snapshot().versions.find((each) => `${V3}/${documentPath(each)}` === path);
    return version && groupVersion(request, version, parts);
  };
}

const jsonDocument = (value: object): Document => {
  const bytes = encodeUtf8(JSON.stringify(value));
  return { contentType: JSON_TYPE, bytes, etag: etagOf(bytes) };
};

/** The first of `types` that the client takes; no header takes anything. Throws 406. */
function negotiate(request: HttpRequest, types: readonly [string, ...string[]]): string {
  const header = request.headers.accept;
  if (header === undefined || header.trim() === "") return types[0];
  for (const { type } of acceptedClauses(header)) {
    if (type === "*/*" || type === "application/*") return types[0];
    const found = types.find((each) => each.toLowerCase() === type);
    if (found !== undefined) return found;
  }
  throw notAcceptable(`only the following media types are accepted: ${types.join(", ")}`);
}

async function index(request: HttpRequest, parts: OpenApiParts): Promise<HttpResponse> {
  negotiate(request, [JSON_TYPE]);
  const { memo, versions } = parts.snapshot();
  const document = await memo(V3, async () => {
    const entries = await eachVersion(versions, parts, indexEntry);
    return jsonDocument({ paths: Object.fromEntries(entries) });
  });
  return documentResponse(document, { request, compressor: parts.compressor });
}

/** What `make` makes of each group-version, with pauses between. */
async function eachVersion<T>(
  versions: readonly ApiVersion[],
  { schemaTexts, pause }: OpenApiParts,
  make: (version: ApiVersion, texts: SchemaTexts) => T,
): Promise<T[]> {
  const texts = await schemaTexts();
  const made: T[] = [];
  for (const version of versions) {
    made.push(make(version, texts));
    await pause();
  }
  return made;
}

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

async function groupVersion(request: HttpRequest, version: ApiVersion, parts: OpenApiParts): Promise<HttpResponse> {
  negotiate(request, [JSON_TYPE]);
  const texts = await parts.schemaTexts();
  const { memo } = parts.snapshot();
  const path = `${V3}/${documentPath(version)}`;
  const etag = memo(`${path} hash`, () => documentHash(version, texts));
  const asked = new URLSearchParams(request.query).get("hash");
  if (asked !== null && asked !== "" && asked !== etag)
    return { status: 301, headers: { location: `${path}?hash=${etag}` }, body: new Uint8Array(0) };
  const document = memo(path, () => ({
    contentType: JSON_TYPE,
    bytes: encodeUtf8(JSON.stringify(groupVersionDocument(version, texts))),
    etag,
  }));
  const headers: Record<string, string> = asked
    ? { "cache-control": "public, immutable", expires: new Date(parts.now() + YEAR_MS).toUTCString() }
    : {};
  return documentResponse(document, { request, compressor: parts.compressor, headers });
}

async function swagger(request: HttpRequest, parts: OpenApiParts): Promise<HttpResponse> {
  const contentType = negotiate(request, [JSON_TYPE, SWAGGER_PROTOBUF]);
  const { memo, versions } = parts.snapshot();
  const document = await memo(`${V2} ${contentType}`, async () =>
    contentType === JSON_TYPE ? swaggerAsJson(versions, parts) : swaggerAsProtobuf(versions, parts),
  );
  return documentResponse(document, { request, compressor: parts.compressor });
}

async function swaggerAsJson(versions: readonly ApiVersion[], parts: OpenApiParts): Promise<Document> {
  const known = new Set<string>();
  const made = await eachVersion(versions, parts, (version, texts) => swaggerPart(version, texts, known));
  const joined = (member: keyof SwaggerPart): object => Object.assign({}, ...made.map((part) => part[member])) as object;
  return jsonDocument({ ...swaggerHead, paths: joined("paths"), definitions: joined("definitions") });
}

/** A message that comes in parts is what its parts make together, so each group-version is encoded alone. */
async function swaggerAsProtobuf(versions: readonly ApiVersion[], parts: OpenApiParts): Promise<Document> {
  const known = new Set<string>();
  const made = await eachVersion(versions, parts, (version, texts) => encodeSwagger({ ...swaggerPart(version, texts, known) }));
  const bytes = concatBytes([encodeSwagger(swaggerHead), ...made]);
  return { contentType: SWAGGER_PROTOBUF_ANSWER, bytes, etag: etagOf(bytes) };
}

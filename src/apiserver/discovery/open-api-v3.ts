/**
 * OpenAPI v3: an index of documents, one a group-version, each with the schemas that it needs. kubectl explains and validates from it.
 *
 * The index names each document with a hash of what it is made from, so that a document itself is made only when it is asked for.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
 */
import { encodeUtf8 } from "../../base/bytes.ts";
import type { ApiVersion, ServedResource } from "./api-groups.ts";
import { etagOf } from "./document.ts";
import { type GroupVersionKind, PATCH_SCHEMA, pathsOf, type SchemaName, STATUS_SCHEMA } from "./open-api-operations.ts";
import { versionDocument } from "./version.ts";

/** JSON text of schemas, by group-version, `shared` and `discovery`. */
export type SchemaTexts = Readonly<Record<string, string>>;

export type Schema = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, Schema>>;

const GROUP_VERSION_KIND = "x-kubernetes-group-version-kind";
const REFERENCE = "#/components/schemas/";
const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/** `api/v1`, `apis/apps/v1`: where a group-version stands, in the index and below `/openapi/v3/`. */
export const documentPath = ({ group, groupVersion }: ApiVersion): string =>
  group === "" ? `api/${groupVersion}` : `apis/${groupVersion}`;

/** Changes when the document does. */
export function documentHash({ groupVersion, resources }: ApiVersion, texts: SchemaTexts): string {
  const rows = resources.map(({ row, face }) => [row.resource, row.verbs, row.subresources, face.kind, face.openApiSchema]);
  return etagOf(encodeUtf8(`${versionDocument.gitVersion} ${JSON.stringify(rows)} ${texts[groupVersion] ?? ""}`));
}

/** A line of the index at `/openapi/v3`. */
export function indexEntry(version: ApiVersion, texts: SchemaTexts): [path: string, entry: { serverRelativeURL: string }] {
  const path = documentPath(version);
  return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${documentHash(version, texts)}` }];
}

export interface DocumentParts {
  paths: Record<string, object>;
  schemas: Schemas;
}

/** The paths of a group-version and the schemas that they refer to. */
export function partsOf(version: ApiVersion, texts: SchemaTexts): DocumentParts {
  const own = parse(texts[version.groupVersion]);
  const known = { ...parse(texts.shared), ...own, ...customSchemas(version) };
  const names = namesByKind(known);
  const schemaName: SchemaName = (kind) => names.get(keyOf(kind));
  const paths = version.resources.flatMap((served) => pathsOf(served, `/${documentPath(version)}`, schemaName));
  const roots = [
    ...Object.keys(own),
    ...Object.keys(customSchemas(version)),
    STATUS_SCHEMA,
    PATCH_SCHEMA,
    ...referencesIn(paths),
  ];
  return { paths: Object.fromEntries(paths), schemas: reachable(roots, known) };
}

/** The document of one group-version. */
export function groupVersionDocument(version: ApiVersion, texts: SchemaTexts) {
  const { paths, schemas } = partsOf(version, texts);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: versionDocument.gitVersion },
    paths,
    components: {
      schemas,
      securitySchemes: { BearerToken: { type: "apiKey", in: "header", name: "authorization" } },
    },
    security: [{ BearerToken: [] }],
  };
}

const parse = (text: string | undefined): Schemas => (text === undefined ? {} : (JSON.parse(text) as Schemas));

const keyOf = ({ group, version, kind }: GroupVersionKind): string => `${group}/${version}/${kind}`;

function namesByKind(schemas: Schemas): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, schema] of Object.entries(schemas))
    for (const kind of (schema[GROUP_VERSION_KIND] as GroupVersionKind[] | undefined) ?? []) names.set(keyOf(kind), name);
  return names;
}

/** Names of the schemas that a value refers to. */
function referencesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (each: unknown): void => {
    if (typeof each !== "object" || each === null) return;
    for (const [key, member] of Object.entries(each)) {
      if (key === "$ref" && typeof member === "string") found.add(member.slice(REFERENCE.length));
      else visit(member);
    }
  };
  visit(value);
  return found;
}

function reachable(roots: readonly string[], known: Schemas): Schemas {
  const reached = new Map<string, Schema>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const schema = known[name];
    if (schema === undefined || reached.has(name)) continue;
    reached.set(name, schema);
    waiting.push(...referencesIn(schema));
  }
  return Object.fromEntries([...reached].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `com.example.v1.Thing` of the group `example.com`. */
const customName = ({ face }: ServedResource): string =>
  `${face.group.split(".").reverse().join(".")}.${face.version}.${face.kind}`;

const reference = (name: string): Schema => ({ allOf: [{ $ref: `${REFERENCE}${name}` }] });

function customSchemas({ resources }: ApiVersion): Schemas {
  const custom = resources.filter(({ row }) => !row.typed);
  return Object.fromEntries(custom.flatMap(customPair));
}

/** The schemas of a custom resource and of its list. */
function customPair(served: ServedResource): [string, Schema][] {
  const { face } = served;
  const { group, version, kind } = face;
  const name = customName(served);
  const common = { apiVersion: { type: "string" }, kind: { type: "string" } };
  const given = face.openApiSchema ?? { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const properties = { ...common, ...(given.properties as object | undefined), metadata: reference(OBJECT_META) };
  const items = { type: "array", items: { $ref: `${REFERENCE}${name}` } };
  return [
    [name, { ...given, properties, [GROUP_VERSION_KIND]: [{ group, version, kind }] }],
    [
      `${name}List`,
      {
        type: "object",
        required: ["items"],
        properties: { ...common, items, metadata: reference(LIST_META) },
        [GROUP_VERSION_KIND]: [{ group, version, kind: `${kind}List` }],
      },
    ],
  ];
}

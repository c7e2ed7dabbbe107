/**
 * OpenAPI's paths, made from rows: which requests a resource takes. Clients read little of them, but that little matters: kubectl
 * looks for `fieldValidation` and `dryRun` among the parameters of PATCH, and finds operations by group, version and kind.
 */
import type { Subresource } from "../../api/row.ts";
import type { ServedResource } from "./api-groups.ts";

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** Gives the name of a component schema. */
export type SchemaName = (kind: GroupVersionKind) => string | undefined;

interface Parameter {
  name: string;
  in: "query" | "path";
  required?: true;
  schema: { type: string; uniqueItems: true };
}

const query = (name: string, type = "string"): Parameter => ({ name, in: "query", schema: { type, uniqueItems: true } });

const PRETTY = query("pretty");
const WRITE = [query("dryRun"), query("fieldManager"), query("fieldValidation")];
const LIST = [
  query("allowWatchBookmarks", "boolean"),
  query("continue"),
  query("fieldSelector"),
  query("labelSelector"),
  query("limit", "integer"),
  query("resourceVersion"),
  query("resourceVersionMatch"),
  query("sendInitialEvents", "boolean"),
  query("timeoutSeconds", "integer"),
  query("watch", "boolean"),
];
const DELETE = [
  query("dryRun"),
  query("gracePeriodSeconds", "integer"),
  query("ignoreStoreReadErrorWithClusterBreakingPotential", "boolean"),
  query("orphanDependents", "boolean"),
  query("propagationPolicy"),
];

const pathParameter = (name: string): Parameter => ({
  name,
  in: "path",
  required: true,
  schema: { type: "string", uniqueItems: true },
});

interface Action {
  method: "get" | "put" | "post" | "delete" | "patch";
  /** The verb of authorization that it needs. */
  verb: string;
  /** The action in `x-kubernetes-action`, and the first word of the operation's id. */
  action: string;
  id: string;
  parameters: readonly Parameter[];
  takesBody: boolean;
}

const action = (method: Action["method"], verb: string, parameters: readonly Parameter[] = [], named = verb): Action => ({
  method,
  verb,
  action: method === "get" || method === "delete" || method === "patch" ? verb : method,
  id: named,
  parameters,
  takesBody: method !== "get",
});

const COLLECTION: readonly Action[] = [
  action("get", "list", LIST),
  action("post", "create", WRITE),
  action(
    "delete",
    "deletecollection",
    [...DELETE, ...LIST.filter(({ name }) => name !== "watch" && name !== "allowWatchBookmarks")],
    "deleteCollection",
  ),
];
const ITEM: readonly Action[] = [
  action("get", "get", [], "read"),
  action("put", "update", WRITE, "replace"),
  action("delete", "delete", DELETE),
  action("patch", "patch", [...WRITE, query("force", "boolean")]),
];
const SUBRESOURCE: readonly Action[] = [action("post", "create", WRITE), ...ITEM];

const MEDIA_TYPES = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"] as const;
const PATCH_MEDIA_TYPES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
] as const;

interface Described {
  served: ServedResource;
  kind: GroupVersionKind;
  schemaName: SchemaName;
  tag: string;
}

const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function content(types: readonly string[], name: string | undefined): object {
  const schema = name === undefined ? { type: "string" } : { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function operation({ method, id, parameters, action: name, takesBody }: Action, described: Described, suffix: string): object {
  const { served, kind, schemaName, tag } = described;
  const mediaTypes = served.row.typed ? MEDIA_TYPES : MEDIA_TYPES.slice(0, 2);
  const patchTypes = served.row.typed ? PATCH_MEDIA_TYPES : PATCH_MEDIA_TYPES.slice(0, 3);
  const answered = schemaName(name === "list" ? { ...kind, kind: `${kind.kind}List` } : kind);
  const sent = method === "delete" ? schemaName({ ...kind, kind: "DeleteOptions" }) : schemaName(kind);
  const body = method === "patch" ? content(patchTypes, PATCH_SCHEMA) : content(["*/*"], sent);
  return {
    tags: [tag],
    operationId: `${id}${capitalised(tag.replace(/_(.)/g, (_all, first: string) => first.toUpperCase()))}${suffix}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(takesBody ? { requestBody: { content: body, ...(method === "delete" ? {} : { required: true }) } } : {}),
    responses: {
      "200": { description: "OK", content: content(mediaTypes, method === "delete" ? STATUS_SCHEMA : answered) },
      ...(method === "post" || method === "put" || method === "patch"
        ? { "201": { description: "Created", content: content(mediaTypes, answered) } }
        : {}),
      "401": { description: "Unauthorized" },
    },
    "x-kubernetes-action": name,
    "x-kubernetes-group-version-kind": kind,
  };
}

export const STATUS_SCHEMA = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
export const PATCH_SCHEMA = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

function pathItem(
  actions: readonly Action[],
  verbs: readonly string[],
  described: Described,
  where: { path: string; suffix: string },
): [string, object][] {
  const operations = actions
    .filter(({ verb }) => verbs.includes(verb))
    .map((each) => [each.method, operation(each, described, where.suffix)] as const);
  if (operations.length === 0) return [];
  const names = [...where.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  return [[where.path, { ...Object.fromEntries(operations), parameters: [...names.map(pathParameter), PRETTY] }]];
}

/** The paths of one resource below `base` (`/api/v1`, `/apis/apps/v1`). */
export function pathsOf(served: ServedResource, base: string, schemaName: SchemaName): [string, object][] {
  const { row, face } = served;
  const kind = { group: face.group, version: face.version, kind: face.kind };
  const tag = `${(face.group || "core").split(".", 1)[0]}_${face.version}`;
  const described = { served, kind, schemaName, tag };
  const collection = row.namespaced ? `${base}/namespaces/{namespace}/${row.resource}` : `${base}/${row.resource}`;
  const suffix = `${row.namespaced ? "Namespaced" : ""}${face.kind}`;
  const paths = [
    ...pathItem(COLLECTION, row.verbs, described, { path: collection, suffix }),
    ...pathItem(ITEM, row.verbs, described, { path: `${collection}/{name}`, suffix }),
    ...row.subresources.flatMap((subresource) => subresourcePaths(subresource, described, { path: collection, suffix })),
  ];
  if (!row.namespaced || !row.verbs.includes("list")) return paths;
  const everywhere = { path: `${base}/${row.resource}`, suffix: `${face.kind}ForAllNamespaces` };
  return [...paths, ...pathItem(COLLECTION.slice(0, 1), row.verbs, described, everywhere)];
}

function subresourcePaths(
  { name, kind, verbs }: Subresource,
  described: Described,
  { path, suffix }: { path: string; suffix: string },
): [string, object][] {
  return pathItem(
    SUBRESOURCE,
    verbs,
    { ...described, kind },
    {
      path: `${path}/{name}/${name}`,
      suffix: `${suffix}${capitalised(name)}`,
    },
  );
}

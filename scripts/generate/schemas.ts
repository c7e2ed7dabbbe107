/**
 * The schema tables that src/api/schema.ts reads: one JSON text a Go package, parsed when the first of its types is asked for.
 *
 * A field is `[code, protobuf number, type, extra]`; the code is Go's shape as facts/README.md describes it. `type` names the Go type
 * of structs and custom values, and the width of numbers. `extra` holds what OpenAPI adds: default, list and map types, patch
 * strategy, enum. `$inline` lists the messages that stand in place of a field, `$atomic` marks types that are replaced as a whole.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GeneratedFile } from "./types.ts";

interface OpenApiSchema {
  $ref?: string;
  allOf?: OpenApiSchema[];
  items?: OpenApiSchema;
  default?: unknown;
  enum?: string[];
  properties?: Record<string, OpenApiSchema>;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: string;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

interface ProtobufField {
  n: number;
  type: string;
  json?: string;
  inline?: boolean;
}

type Row = [code: string, number: number, type?: string, extra?: Record<string, unknown>];
type Types = Record<string, Record<string, string>>;
type Messages = Record<string, Record<string, ProtobufField>>;

const META = "k8s.io.apimachinery.pkg.apis.meta.v1.";
const goName = (name: string): string => name.replace(/^io\.k8s\./, "k8s.io.").replaceAll("-", "_");

/** What OpenAPI says about a field beyond its type; undefined where it says nothing. */
function extraOf(property: OpenApiSchema | undefined): Record<string, unknown> | undefined {
  if (property === undefined) return undefined;
  const plainDefault = property.default !== undefined && !["{}", '""', "0", "false"].includes(JSON.stringify(property.default));
  const extra = {
    ...(plainDefault ? { d: property.default } : {}),
    ...(property["x-kubernetes-list-type"] ? { l: property["x-kubernetes-list-type"] } : {}),
    ...(property["x-kubernetes-list-map-keys"] ? { k: property["x-kubernetes-list-map-keys"] } : {}),
    ...(property["x-kubernetes-map-type"] ? { m: property["x-kubernetes-map-type"] } : {}),
    ...(property["x-kubernetes-patch-strategy"] ? { s: property["x-kubernetes-patch-strategy"] } : {}),
    ...(property["x-kubernetes-patch-merge-key"] ? { g: property["x-kubernetes-patch-merge-key"] } : {}),
    ...((property.enum ?? property.items?.enum) ? { e: property.enum ?? property.items?.enum } : {}),
  };
  return Object.keys(extra).length > 0 ? extra : undefined;
}

function rowOf(code: string, field: ProtobufField | undefined, extra: Record<string, unknown> | undefined): Row {
  const [shape = "", named] = code.split(":");
  const type = named ?? field?.type;
  const needsType = type !== undefined && (/struct|custom/.test(shape) || /^(int32|int64)$/.test(type) || type.includes("."));
  const row: Row = [shape, field?.n ?? 0];
  if (needsType || extra) row.push(needsType ? type : "");
  if (extra) row.push(extra);
  return row;
}

function tableOf(name: string, types: Types, messages: Messages, schema: OpenApiSchema | undefined): Record<string, unknown> {
  const message = messages[name] ?? {};
  const byJson = new Map(Object.entries(message).map(([field, each]) => [each.json ?? field, each]));
  const inline: [number, string][] = [];
  const table: Record<string, unknown> = {};
  for (const [field, code] of Object.entries(types[name] ?? {})) {
    if (field === "typeMeta") table.$kind = 1;
    else if (code.startsWith("=")) inline.push([message[field]?.n ?? 0, message[field]?.type ?? ""]);
    else if (!code.startsWith("~")) table[field] = rowOf(code, byJson.get(field), extraOf(schema?.properties?.[field]));
  }
  if (inline.length > 0) table.$inline = inline;
  // What OpenAPI says of an inlined field stands at the type that inlines it, and may differ from place to place.
  const inlined = Object.keys(schema?.properties ?? {}).filter((field) => inline.length > 0 && table[field] === undefined);
  const extras = inlined.flatMap((field) => {
    const extra = extraOf(schema?.properties?.[field]);
    return extra ? [[field, extra]] : [];
  });
  if (extras.length > 0) table.$extras = Object.fromEntries(extras);
  if (schema?.["x-kubernetes-map-type"] === "atomic") table.$atomic = 1;
  return table;
}

export function generateSchemas(facts: string): GeneratedFile {
  const read = <T>(path: string): T => JSON.parse(readFileSync(join(facts, path), "utf8")) as T;
  const types = read<{ types: Types }>("go-shape.json").types;
  const messages = read<{ messages: Messages }>("protobuf.json").messages;
  const schemas = new Map<string, OpenApiSchema>();
  const packages = new Map<string, string>();
  for (const file of readdirSync(join(facts, "openapi"))) {
    const document = read<{ schemas?: Record<string, OpenApiSchema> }>(`openapi/${file}`);
    for (const [name, schema] of Object.entries(document.schemas ?? {})) {
      schemas.set(goName(name), schema);
      const kinds = schema["x-kubernetes-group-version-kind"] ?? [];
      const [kind] = kinds;
      if (kind && kinds.length === 1 && !goName(name).startsWith(META))
        packages.set(`${kind.group}/${kind.version}`, goName(name).slice(0, goName(name).lastIndexOf(".")));
    }
  }

  const tables = new Map<string, Record<string, unknown>>();
  for (const name of Object.keys(types)) {
    const dot = name.lastIndexOf(".");
    const table = tables.get(name.slice(0, dot)) ?? {};
    table[name.slice(dot + 1)] = tableOf(name, types, messages, schemas.get(name));
    tables.set(name.slice(0, dot), table);
  }
  const lines = [...tables].map(([name, table]) => `  ${JSON.stringify(name)}:\n    ${JSON.stringify(JSON.stringify(table))},`);
  const kinds = [...packages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((entry) => `  ${entry.map((text) => JSON.stringify(text)).join(": ")},`);
  return {
    path: "schemas.ts",
    text: `// Generated by \`npm run generate\` from facts/. Do not edit.

/** The Go package of each group-version. */
export const packages: Readonly<Record<string, string>> = {
${kinds.join("\n")}
};

/** Go package -> JSON text of its types. */
export const schemaTables: Readonly<Record<string, string>> = {
${lines.join("\n")}
};
`,
  };
}

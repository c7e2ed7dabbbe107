/** Patch types read straight from the recorded OpenAPI documents, so that these tests depend on no generated table. */
import { readdirSync, readFileSync } from "node:fs";
import type { PatchType } from "./strategy.ts";

interface Schema {
  $ref?: string;
  allOf?: Schema[];
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

const folder = new URL("../../../facts/openapi/", import.meta.url);
const schemas: Record<string, Schema> = Object.assign(
  {},
  ...readdirSync(folder).map(
    (file) => (JSON.parse(readFileSync(new URL(file, folder), "utf8")) as { schemas: Record<string, Schema> }).schemas,
  ),
);

const referenced = (schema: Schema): string | undefined => (schema.$ref ?? schema.allOf?.[0]?.$ref)?.split("/").at(-1);

function typeOf(schema: Schema): PatchType | undefined {
  const name = referenced(schema);
  if (name !== undefined) return namedType(name);
  if (schema.items) return typeOf(schema.items);
  const values = schema.additionalProperties;
  if (values === undefined) return undefined;
  return { name: "map", member: () => ({ strategy: undefined, mergeKey: undefined, type: typeOf(values) }) };
}

function namedType(name: string): PatchType {
  const properties = schemas[name]?.properties ?? {};
  return {
    name: name.split(".").at(-1) ?? name,
    member(key) {
      const schema = properties[key];
      if (schema === undefined) return undefined;
      const strategies = schema["x-kubernetes-patch-strategy"]?.split(",") ?? [];
      return {
        strategy: strategies.includes("merge") ? "merge" : strategies.includes("replace") ? "replace" : undefined,
        mergeKey: schema["x-kubernetes-patch-merge-key"],
        type: typeOf(schema),
      };
    },
  };
}

export function patchTypeOfKind(apiVersion: string, kind: string): PatchType {
  const found = Object.entries(schemas).find(([, schema]) =>
    schema["x-kubernetes-group-version-kind"]?.some(
      (each) => each.kind === kind && (each.group === "" ? each.version : `${each.group}/${each.version}`) === apiVersion,
    ),
  );
  if (found === undefined) throw new Error(`no schema of ${apiVersion} ${kind}`);
  return namedType(found[0]);
}

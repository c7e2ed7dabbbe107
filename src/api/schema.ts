/**
 * Shapes of types as the decode pass, strategic merge patch, apply, protobuf, OpenAPI and explain read them.
 *
 * A schema is parsed from the generated tables when it is asked for, once; schemas may be recursive, so a field gives its type's
 * schema through a getter. Kind and apiVersion of objects are not fields here: `hasKind` says that they stand in the JSON.
 */
import { assert } from "../base/assert.ts";
import { packages, schemaTables } from "./generated/schemas.ts";

/**
 * What one value is. `struct` has fields; `strings` is a list that is a message of its own in protobuf and keeps `[]` and null apart
 * (ExtraValue, Verbs); the others with a JSON form of their own are named after their Go types. `any` is JSON that no schema describes.
 */
export type ValueKind =
  | "string"
  | "int32"
  | "int64"
  | "bool"
  | "double"
  | "bytes"
  | "struct"
  | "quantity"
  | "time"
  | "microTime"
  | "duration"
  | "intOrString"
  | "rawExtension"
  | "fieldsV1"
  | "json"
  | "schemaOrArray"
  | "schemaOrBool"
  | "schemaOrStringArray"
  | "strings"
  | "any";

export interface FieldSchema {
  /** The name in JSON. */
  readonly name: string;
  readonly kind: ValueKind;
  readonly container: "none" | "list" | "map";
  /** Absent and zero differ, and zero is kept. Lists and maps are no pointers: without elements they are their zero. */
  readonly pointer: boolean;
  /** Left out of JSON when zero; without effect on structs and custom values that are no pointers. */
  readonly omitEmpty: boolean;
  /** Left out when zero, also of custom values. */
  readonly omitZero: boolean;
  /** Go's name of the type; empty for scalars. */
  readonly typeName: string;
  /** The fields of a `struct`, of the elements where it is a list or map. */
  readonly schema: ObjectSchema | undefined;
  /** The protobuf field; 0 where the type is JSON only. */
  readonly number: number;
  /** OpenAPI's default, where it is more than the zero. */
  readonly default: unknown;
  readonly listType: "atomic" | "set" | "map" | undefined;
  readonly listMapKeys: readonly string[] | undefined;
  /** `atomic`: a map, or struct, that is replaced as a whole. */
  readonly mapType: "atomic" | "granular" | undefined;
  /** `merge`, `replace`, `retainKeys`. */
  readonly patchStrategies: readonly string[];
  readonly patchMergeKey: string | undefined;
  readonly enum: readonly string[] | undefined;
}

export interface ObjectSchema {
  /** Upstream's Go name: `k8s.io.api.core.v1.Pod`; also the name of the protobuf message. */
  readonly name: string;
  /** True for objects and lists, which carry kind and apiVersion. */
  readonly hasKind: boolean;
  /** True for types that server-side apply replaces as a whole. */
  readonly atomic: boolean;
  /** All fields of the JSON form, those of inlined types included. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** The fields of the protobuf message itself. */
  readonly ownFields: readonly FieldSchema[];
  /** Messages of which JSON has the fields in this object's place. */
  readonly inlined: readonly { readonly number: number; readonly schema: ObjectSchema }[];
}

interface Extra {
  d?: unknown;
  l?: "atomic" | "set" | "map";
  k?: string[];
  m?: "atomic" | "granular";
  s?: string;
  g?: string;
  e?: string[];
}

type FieldTable = readonly [code: string, number: number, type?: string, extra?: Extra];
interface TypeTable {
  $kind?: 1;
  $atomic?: 1;
  $inline?: [number, string][];
  $extras?: Record<string, Extra>;
}

const CUSTOM: Readonly<Record<string, ValueKind>> = {
  Quantity: "quantity",
  Time: "time",
  MicroTime: "microTime",
  Duration: "duration",
  IntOrString: "intOrString",
  RawExtension: "rawExtension",
  FieldsV1: "fieldsV1",
  JSON: "json",
  JSONSchemaPropsOrArray: "schemaOrArray",
  JSONSchemaPropsOrBool: "schemaOrBool",
  JSONSchemaPropsOrStringArray: "schemaOrStringArray",
  ExtraValue: "strings",
  Verbs: "strings",
};

const localName = (typeName: string): string => typeName.slice(typeName.lastIndexOf(".") + 1);

function kindOf(goKind: string, type: string): ValueKind {
  switch (goKind) {
    case "string":
    case "bool":
    case "bytes":
    case "struct":
      return goKind;
    case "int":
      return type === "int32" ? "int32" : "int64";
    case "float":
      return "double";
    case "custom":
      return CUSTOM[localName(type)] ?? "any";
    default:
      return "any";
  }
}

const CODE = /^(\[\]|\{\})?(\*)?([a-z]+)([0?]*)$/;

/** `{}[]string` is a map of string lists, each a message of its own; a list of Verbs likewise. */
function parseCode(code: string, type: string): Pick<FieldSchema, "kind" | "container" | "pointer" | "omitEmpty" | "omitZero"> {
  const isStrings = CUSTOM[localName(type)] === "strings";
  const [, container, pointer, goKind = "", flags = ""] = CODE.exec(isStrings ? code.replace("[]string", "custom") : code) ?? [];
  return {
    kind: kindOf(goKind, type),
    container: container === "[]" ? "list" : container === "{}" ? "map" : "none",
    pointer: pointer !== undefined,
    omitEmpty: flags.includes("?"),
    omitZero: flags.includes("0"),
  };
}

function fieldOf(name: string, [code, number, type = "", tableExtra]: FieldTable, placeExtra: Extra | undefined): FieldSchema {
  const extra = { ...tableExtra, ...placeExtra };
  const shape = parseCode(code, type);
  return {
    name,
    number,
    ...shape,
    typeName: type.includes(".") ? type : "",
    get schema() {
      return shape.kind === "struct" ? schemaOf(type) : undefined;
    },
    default: extra.d,
    listType: extra.l,
    listMapKeys: extra.k,
    mapType: extra.m,
    patchStrategies: extra.s?.split(",") ?? [],
    patchMergeKey: extra.g,
    enum: extra.e,
  };
}

const tables = new Map<string, Record<string, TypeTable & Record<string, FieldTable>>>();
const schemas = new Map<string, ObjectSchema>();

function tableOf(typeName: string): (TypeTable & Record<string, FieldTable>) | undefined {
  const name = typeName.slice(0, typeName.lastIndexOf("."));
  let table = tables.get(name);
  if (table === undefined) {
    table = JSON.parse(schemaTables[name] ?? "{}") as Record<string, TypeTable & Record<string, FieldTable>>;
    tables.set(name, table);
  }
  return table[localName(typeName)];
}

function build(name: string, table: TypeTable & Record<string, FieldTable>): ObjectSchema {
  const inlined = (table.$inline ?? []).map(([number, type]) => ({ number, schema: schemaOf(type) }));
  const ownFields = Object.entries(table)
    .filter(([field]) => !/^\$(kind|atomic|inline|extras)$/.test(field))
    .map(([field, row]) => fieldOf(field, row, undefined));
  const below = inlined.flatMap(({ schema }) => [...schema.fields.values()]);
  const fields = [...ownFields, ...below.map((field) => overlaid(field, table.$extras?.[field.name]))];
  return {
    name,
    hasKind: table.$kind === 1,
    atomic: table.$atomic === 1,
    fields: new Map(fields.map((field) => [field.name, field])),
    ownFields,
    inlined,
  };
}

/** An inlined field as the type that inlines it describes it. */
function overlaid(field: FieldSchema, extra: Extra | undefined): FieldSchema {
  if (extra === undefined) return field;
  return Object.defineProperties({} as FieldSchema, {
    ...Object.getOwnPropertyDescriptors(field),
    ...(extra.l ? { listType: { value: extra.l, enumerable: true } } : {}),
    ...(extra.k ? { listMapKeys: { value: extra.k, enumerable: true } } : {}),
    ...(extra.m ? { mapType: { value: extra.m, enumerable: true } } : {}),
    ...(extra.s ? { patchStrategies: { value: extra.s.split(","), enumerable: true } } : {}),
    ...(extra.g ? { patchMergeKey: { value: extra.g, enumerable: true } } : {}),
  });
}

/** The schema of a Go type. Throws an assertion where there is none. */
export function schemaOf(typeName: string): ObjectSchema {
  const known = schemas.get(typeName);
  if (known !== undefined) return known;
  const table = tableOf(typeName);
  assert(table, `no schema of type ${typeName}`);
  const schema = build(typeName, table);
  schemas.set(typeName, schema);
  return schema;
}

/** Go's name of a built-in kind: `k8s.io.api.apps.v1.Deployment`. Undefined where the group-version is not built in. */
function typeNameOf(group: string, version: string, kind: string): string | undefined {
  const name = packages[`${group}/${version}`];
  return name === undefined ? undefined : `${name}.${kind}`;
}

/** The schema of a built-in kind. Throws an assertion where there is none. */
export function schemaOfKind(group: string, version: string, kind: string): ObjectSchema {
  return schemaOf(typeNameOf(group, version, kind) ?? `${group}/${version}.${kind}`);
}

export const META_TYPES = "k8s.io.apimachinery.pkg.apis.meta.v1.";

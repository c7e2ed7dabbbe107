/**
 * Compiles a schema to closures, once a type, when it is first needed: one pass normalises, prunes, and fills what Go always writes.
 *
 * A struct is changed in place; only where a field goes is it built anew. The zero rules are Go's: pointers keep their zero, what is
 * no pointer and omitempty goes with it, lists and maps without elements are their zero.
 */
import { type FieldSchema, type ObjectSchema, schemaOf } from "../schema.ts";
import { goTypeName, localNameOf, mismatch, type Pass, pathTo } from "./pass.ts";
import { type Normalise, normaliseAny, VALUES, ZEROS } from "./values.ts";

export type StructNormaliser = (value: unknown, pass: Pass, owner: string) => Record<string, unknown>;

interface CompiledField {
  readonly name: string;
  /** Gives undefined where the field is to be left out. */
  readonly normalise: Normalise;
  /** What stands there when nothing was sent; undefined where nothing does. */
  readonly zero: (() => unknown) | undefined;
}

interface CompiledStruct {
  readonly fields: ReadonlyMap<string, CompiledField>;
  readonly always: readonly CompiledField[];
}

type Json = Record<string, unknown>;

const JSON_SCHEMA_PROPS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/** Empty lists and maps that validation of a JSON request tells from absent ones; none of them is ever stored. */
const KEPT_EMPTY: ReadonlySet<string> = new Set(["PodSpec.overhead", "HPAScalingRules.policies"]);

const structs = new Map<string, StructNormaliser>();

/** The normaliser of a type with fields. */
export function structNormaliser(schema: ObjectSchema): StructNormaliser {
  let known = structs.get(schema.name);
  if (known === undefined) {
    known = compileStruct(schema);
    structs.set(schema.name, known);
  }
  return known;
}

function compileStruct(schema: ObjectSchema): StructNormaliser {
  const name = localNameOf(schema);
  const goName = goTypeName(schema.name);
  let compiled: CompiledStruct | undefined;
  return (value, pass, owner) => {
    compiled ??= compileFields(schema, name);
    if (value === null || value === undefined) return filled({}, compiled.always);
    if (typeof value !== "object" || Array.isArray(value)) throw mismatch(pass, owner, value, goName);
    return filled(visited(value as Json, compiled.fields, pass, name), compiled.always);
  };
}

/** Normalises each field that was sent. */
function visited(object: Json, fields: ReadonlyMap<string, CompiledField>, pass: Pass, name: string): Json {
  let dropped: Set<string> | undefined;
  const { path } = pass;
  const depth = pass.depth++;
  for (const key of Object.keys(object)) {
    pass.keys++;
    const field = fields.get(key);
    const before = object[key];
    if (field === undefined) {
      pass.depth = depth;
      pass.unknown?.push(`unknown field "${pathTo(pass, key)}"`);
      pass.depth = depth + 1;
      normaliseAny(before, pass);
      dropped = (dropped ?? new Set()).add(key);
      continue;
    }
    path[depth] = key;
    const after = field.normalise(before, pass, name);
    if (after === undefined) dropped = (dropped ?? new Set()).add(key);
    else if (after !== before) object[key] = after;
  }
  pass.depth = depth;
  return dropped === undefined ? object : without(object, dropped);
}

function without(object: Json, dropped: ReadonlySet<string>): Json {
  const kept: Json = {};
  for (const key of Object.keys(object)) if (!dropped.has(key)) kept[key] = object[key];
  return kept;
}

function filled(object: Json, always: readonly CompiledField[]): Json {
  for (const { name, zero } of always) if (object[name] === undefined && zero !== undefined) object[name] = zero();
  return object;
}

function compileFields(schema: ObjectSchema, typeName: string): CompiledStruct {
  const compiled = [...schema.fields.values()].map((field) => compileField(field, typeName));
  if (schema.hasKind) for (const name of ["kind", "apiVersion"]) compiled.push({ name, normalise: kindText, zero: undefined });
  return {
    fields: new Map(compiled.map((field) => [field.name, field])),
    always: compiled.filter(({ zero }) => zero !== undefined),
  };
}

const kindText: Normalise = (value, pass, owner) => VALUES.string?.(value, pass, owner) || undefined;

function compileField(field: FieldSchema, typeName: string): CompiledField {
  const { name } = field;
  if (field.container !== "none") return compileContainer(field, typeName);
  const normalise = valueNormaliser(field);
  const zero = zeroOf(field);
  if (field.pointer) {
    const absent = field.omitEmpty ? undefined : null;
    const none = field.default ?? absent;
    return {
      name,
      normalise: (value, pass, owner) => (value === null ? none : normalise(value, pass, owner)),
      zero: none === undefined ? undefined : () => none,
    };
  }
  if (field.default !== undefined)
    return { name, normalise: (value, pass, owner) => normalise(value, pass, owner) || field.default, zero: () => field.default };
  // omitempty has no effect on structs and custom values; omitzero has.
  const omits = field.omitZero || (field.omitEmpty && (field.kind in SCALARS || field.kind === "bytes"));
  if (!omits) return { name, normalise, zero };
  return {
    name,
    normalise: (value, pass, owner) => {
      const normal = normalise(value, pass, owner);
      return normal === "" || normal === 0 || normal === false || normal === null ? undefined : normal;
    },
    zero: undefined,
  };
}

const SCALARS: Readonly<Record<string, true>> = { string: true, bool: true, int32: true, int64: true, double: true };

function zeroOf({ kind, schema }: FieldSchema): () => unknown {
  if (kind !== "struct" || schema === undefined) return () => ZEROS[kind];
  const struct = structNormaliser(schema);
  return () => struct(null, IDLE, "");
}

/** For zeros, which have nothing to report. */
const IDLE: Pass = { path: [], depth: 0, keys: 0, unknown: undefined, keepEmpty: false };

function valueNormaliser({ kind, schema }: FieldSchema): Normalise {
  if (kind === "struct" && schema !== undefined) return structNormaliser(schema);
  if (kind === "schemaOrArray" || kind === "schemaOrBool" || kind === "schemaOrStringArray") return schemaOr(kind);
  return VALUES[kind] ?? normaliseAny;
}

/** A JSON schema, or the short form that stands for one. */
function schemaOr(kind: "schemaOrArray" | "schemaOrBool" | "schemaOrStringArray"): Normalise {
  return (value, pass, owner) => {
    const props = structNormaliser(schemaOf(JSON_SCHEMA_PROPS));
    if (kind === "schemaOrBool" && typeof value === "boolean") return value;
    if (kind === "schemaOrArray" && Array.isArray(value)) return value.map((each) => props(each, pass, owner));
    if (kind === "schemaOrStringArray" && Array.isArray(value)) return VALUES.strings?.(value, pass, owner);
    return value === null ? null : props(value, pass, owner);
  };
}

function compileContainer(field: FieldSchema, typeName: string): CompiledField {
  const { name, omitEmpty, container } = field;
  const empty = omitEmpty ? undefined : null;
  const keepsEmpty = KEPT_EMPTY.has(`${typeName}.${name}`);
  const element = valueNormaliser(field);
  const goType = goContainerType(field);
  const each = container === "list" ? listOf(element, goType) : mapOf(element, goType);
  return {
    name,
    normalise: (value, pass, owner) => {
      if (value === null) return empty;
      const normal = each(value, pass, owner);
      if (normal === undefined) return keepsEmpty && pass.keepEmpty ? value : empty;
      return normal;
    },
    zero: empty === null ? () => null : undefined,
  };
}

function goContainerType({ container, kind, typeName }: FieldSchema): string {
  const element = kind === "struct" ? goTypeName(typeName) : kind === "double" ? "float64" : kind === "bytes" ? "[]uint8" : kind;
  return container === "list" ? `[]${element}` : `map[string]${element}`;
}

/** Undefined for a list without elements. */
function listOf(element: Normalise, goType: string): Normalise {
  return (value, pass, owner) => {
    if (!Array.isArray(value)) throw mismatch(pass, owner, value, goType);
    const { length } = value;
    if (length === 0) return undefined;
    const { path } = pass;
    const depth = pass.depth++;
    for (let index = 0; index < length; index++) {
      path[depth] = index;
      const before: unknown = value[index];
      const after = element(before, pass, owner);
      if (after !== before) value[index] = after;
    }
    pass.depth = depth;
    return value;
  };
}

/** Stands for the entry of a map of scalars: nothing below it can be unknown, so its key is in no message. */
const ENTRY = { key: "" };

/** Undefined for a map without entries. */
function mapOf(element: Normalise, goType: string): Normalise {
  return (value, pass, owner) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(pass, owner, value, goType);
    const map = value as Json;
    let isEmpty = true;
    const depth = pass.depth++;
    for (const key of Object.keys(map)) {
      isEmpty = false;
      pass.keys++;
      const before = map[key];
      pass.path[depth] = typeof before === "object" ? { key } : ENTRY;
      const after = element(before, pass, owner);
      if (after !== before) map[key] = after;
    }
    pass.depth = depth;
    return isEmpty ? undefined : value;
  };
}

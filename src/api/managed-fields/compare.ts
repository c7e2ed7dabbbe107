/**
 * What differs between two states of an object, as sets of paths: structs and maps field by field, lists by what their type says
 * (`map`: by keys, `set`: by values, otherwise as a whole).
 *
 * A place that is new is in the set itself besides what is below it, which is why maps and optional structs show `.`, and structs
 * that Go always writes do not.
 * https://github.com/kubernetes-sigs/structured-merge-diff
 */
import { type FieldSchema, type ObjectSchema, schemaOf } from "../schema.ts";
import type { FieldSet } from "./field-set.ts";

export interface Difference {
  /** Added or modified. */
  changed: FieldSet | undefined;
  removed: FieldSet | undefined;
}

/** How a place is taken apart. */
type Shape =
  | { readonly type: "leaf" }
  | { readonly type: "struct"; readonly fields: ReadonlyMap<string, { readonly element: string; readonly shape: Shape }> }
  | { readonly type: "map"; readonly of: Shape }
  | { readonly type: "set" }
  | { readonly type: "list"; readonly keys: readonly string[]; readonly of: Shape }
  | { readonly type: "deduced" };

type Json = Readonly<Record<string, unknown>>;

const LEAF: Shape = { type: "leaf" };
const DEDUCED: Shape = { type: "deduced" };
const shapes = new Map<string, Shape>();

/** Fields are compiled when they are first asked for: types may contain themselves. */
export function shapeOf(schema: ObjectSchema): Shape {
  let shape = shapes.get(schema.name);
  if (shape === undefined) {
    shape = schema.atomic ? LEAF : structShape(schema);
    shapes.set(schema.name, shape);
  }
  return shape;
}

function structShape(schema: ObjectSchema): Shape {
  let fields: Map<string, { element: string; shape: Shape }> | undefined;
  return {
    type: "struct",
    get fields() {
      fields ??= new Map(
        [...schema.fields.values()].map((field) => [field.name, { element: `f:${field.name}`, shape: fieldShape(field) }]),
      );
      return fields;
    },
  };
}

function fieldShape(field: FieldSchema): Shape {
  const element = field.kind === "struct" && field.schema !== undefined ? shapeOf(field.schema) : LEAF;
  if (field.container === "none") return field.mapType === "atomic" ? LEAF : element;
  if (field.container === "map") return field.mapType === "atomic" ? LEAF : { type: "map", of: element };
  if (field.listType === "set") return { type: "set" };
  return field.listType === "map" ? { type: "list", keys: (field.listMapKeys ?? []).toSorted(), of: element } : LEAF;
}

/** An object of a custom resource: its metadata is typed, the rest shows its own shape. */
export function customShape(): Shape {
  const metadata = shapeOf(schemaOf("k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
  return { type: "struct", fields: new Map([["metadata", { element: "f:metadata", shape: metadata }]]) };
}

export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, index) => equalJson(each, b[index]));
  if (Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equalJson((a as Json)[key], (b as Json)[key]));
}

const isMap = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean => {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== "object") return false;
  for (const _ in value) return false;
  return true;
};

interface Walk {
  changed: FieldSet | undefined;
  removed: FieldSet | undefined;
}

const SAME: Walk = { changed: undefined, removed: undefined };
const ADDED: Walk = { changed: {}, removed: undefined };
const REMOVED: Walk = { changed: undefined, removed: {} };

function leaf(before: unknown, after: unknown): Walk {
  if (before === undefined) return ADDED;
  if (after === undefined) return REMOVED;
  return equalJson(before, after) ? SAME : ADDED;
}

/** Places side by side, by path element. */
type Pairs = Map<string, { before: unknown; after: unknown; shape: Shape }>;

function pair(pairs: Pairs, element: string, side: "before" | "after", value: unknown, shape: Shape): void {
  const known = pairs.get(element);
  if (known === undefined) pairs.set(element, { before: undefined, after: undefined, shape, [side]: value });
  else known[side] = value;
}

function pairsOf(before: unknown, after: unknown, shape: Shape): Pairs | undefined {
  const pairs: Pairs = new Map();
  for (const side of ["after", "before"] as const) {
    const value = side === "after" ? after : before;
    if (value === undefined || value === null) continue;
    if (!addPairs(pairs, value, side, shape)) return undefined;
  }
  return pairs;
}

/** False where the value does not have the form that its type says. */
function addPairs(pairs: Pairs, value: unknown, side: "before" | "after", shape: Shape): boolean {
  if (shape.type === "set") {
    if (!Array.isArray(value)) return false;
    for (const each of value) pair(pairs, `v:${JSON.stringify(each)}`, side, each, LEAF);
    return true;
  }
  if (shape.type === "list") {
    if (!Array.isArray(value)) return false;
    for (const each of value) pair(pairs, keyElement(each as Json, shape.keys), side, each, shape.of);
    return true;
  }
  if (!isMap(value)) return false;
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) continue;
    const field = shape.type === "struct" ? shape.fields.get(key) : undefined;
    pair(pairs, field?.element ?? `f:${key}`, side, value[key], field?.shape ?? (shape.type === "map" ? shape.of : DEDUCED));
  }
  return true;
}

function keyElement(item: Json, keys: readonly string[]): string {
  const key: Record<string, unknown> = {};
  for (const name of keys) if (item[name] !== undefined) key[name] = item[name];
  return `k:${JSON.stringify(key)}`;
}

function walk(before: unknown, after: unknown, shape: Shape): Walk {
  if (before === after) return SAME;
  if (shape.type === "leaf" || (isEmpty(before) && isEmpty(after))) return leaf(before, after);
  if (shape.type === "deduced" && !(isMap(before ?? after) && isMap(after ?? before))) return leaf(before, after);
  const pairs = pairsOf(before, after, shape);
  if (pairs === undefined) return leaf(before, after);
  return joined(pairs, before, after);
}

function joined(pairs: Pairs, before: unknown, after: unknown): Walk {
  const result: Walk = { changed: undefined, removed: undefined };
  for (const [element, place] of pairs) {
    const below = walk(place.before, place.after, place.shape);
    if (below.changed !== undefined) (result.changed ?? fresh(result, "changed"))[element] = below.changed;
    if (below.removed !== undefined) (result.removed ?? fresh(result, "removed"))[element] = below.removed;
  }
  if (before === undefined) (result.changed ?? fresh(result, "changed"))["."] = {};
  if (after === undefined) (result.removed ?? fresh(result, "removed"))["."] = {};
  return result;
}

function fresh(result: Walk, side: "changed" | "removed"): FieldSet {
  const set: FieldSet = {};
  result[side] = set;
  return set;
}

/** Compares two states of an object; `before` is the zero of its type on create. */
export const compare = (before: Json, after: Json, shape: Shape): Difference => walk(before, after, shape);

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

type Walk = Difference;

const SAME: Walk = { changed: undefined, removed: undefined };
const MODIFIED: Walk = { changed: Object.freeze({}), removed: undefined };

const leaf = (before: unknown, after: unknown): Walk => (equalJson(before, after) ? SAME : MODIFIED);

/** `k:{"name":"a"}`; keys that the item lacks are left out. */
function keyElement(item: Json, keys: readonly string[]): string {
  let text = "";
  for (const name of keys) {
    const value = item[name];
    if (value !== undefined) text += `${text === "" ? "" : ","}"${name}":${JSON.stringify(value)}`;
  }
  return `k:{${text}}`;
}

/** A member without anything below it; shared, since sets are never changed. */
const MEMBER: FieldSet = Object.freeze({});

/** All places of a value that stands where nothing stood: the whole of most creates. */
function placesOf(value: unknown, shape: Shape): FieldSet {
  if (shape.type === "leaf" || isEmpty(value) || (shape.type === "deduced" && !isMap(value))) return MEMBER;
  const set: FieldSet = { ".": MEMBER };
  if (shape.type === "set" || shape.type === "list") {
    if (!Array.isArray(value)) return MEMBER;
    for (const each of value as unknown[]) {
      if (shape.type === "set") set[`v:${JSON.stringify(each)}`] = MEMBER;
      else set[keyElement(each as Json, shape.keys)] = placesOf(each, shape.of);
    }
    return set;
  }
  if (!isMap(value)) return MEMBER;
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) continue;
    const field = shape.type === "struct" ? shape.fields.get(key) : undefined;
    set[field?.element ?? `f:${key}`] = placesOf(value[key], field?.shape ?? (shape.type === "map" ? shape.of : DEDUCED));
  }
  return set;
}

function walk(before: unknown, after: unknown, shape: Shape): Walk {
  if (before === after) return SAME;
  if (before === undefined) return { changed: placesOf(after, shape), removed: undefined };
  if (after === undefined) return { changed: undefined, removed: placesOf(before, shape) };
  if (shape.type === "leaf" || (isEmpty(before) && isEmpty(after))) return leaf(before, after);
  if (shape.type === "set" || shape.type === "list") {
    const [old, now] = [before ?? [], after ?? []];
    return Array.isArray(old) && Array.isArray(now) ? walkList(old, now, shape) : leaf(before, after);
  }
  if (shape.type === "deduced") return isMap(before) && isMap(after) ? walkMap(before, after, shape) : leaf(before, after);
  const [old, now] = [before ?? {}, after ?? {}];
  return isMap(old) && isMap(now) ? walkMap(old, now, shape) : leaf(before, after);
}

type Fields = Extract<Shape, { type: "struct" | "map" | "deduced" }>;

const own = (map: Json, key: string): unknown => (Object.hasOwn(map, key) ? map[key] : undefined);

function walkMap(before: Json, after: Json, shape: Fields): Walk {
  const result: Walk = { changed: undefined, removed: undefined };
  const visit = (key: string, old: unknown, now: unknown): void => {
    if (old === now) return;
    const field = shape.type === "struct" ? shape.fields.get(key) : undefined;
    const below = walk(old, now, field?.shape ?? (shape.type === "map" ? shape.of : DEDUCED));
    if (below !== SAME) note(result, field?.element ?? `f:${key}`, below);
  };
  for (const key of Object.keys(after)) if (after[key] !== undefined) visit(key, own(before, key), after[key]);
  for (const key of Object.keys(before)) if (own(after, key) === undefined) visit(key, before[key], undefined);
  return result;
}

type Items = Extract<Shape, { type: "set" | "list" }>;

function walkList(before: readonly unknown[], after: readonly unknown[], shape: Items): Walk {
  const result: Walk = { changed: undefined, removed: undefined };
  const elementOf = (item: unknown): string =>
    shape.type === "set" ? `v:${JSON.stringify(item)}` : keyElement(item as Json, shape.keys);
  const of = shape.type === "set" ? LEAF : shape.of;
  const old = new Map(before.map((item) => [elementOf(item), item] as const));
  // The same item may stand in a list more than once.
  const kept = new Set<string>();
  for (const item of after) {
    const element = elementOf(item);
    kept.add(element);
    const below = walk(old.get(element), item, of);
    if (below !== SAME) note(result, element, below);
  }
  for (const [element, item] of old) if (!kept.has(element)) note(result, element, walk(item, undefined, of));
  return result;
}

function note(result: Walk, element: string, { changed, removed }: Walk): void {
  if (changed !== undefined) (result.changed ?? fresh(result, "changed"))[element] = changed;
  if (removed !== undefined) (result.removed ?? fresh(result, "removed"))[element] = removed;
}

function fresh(result: Walk, side: "changed" | "removed"): FieldSet {
  const set: FieldSet = {};
  result[side] = set;
  return set;
}

/** Compares two states of an object; `before` is the zero of its type on create. */
export const compare = (before: Json, after: Json, shape: Shape): Difference => walk(before, after, shape);

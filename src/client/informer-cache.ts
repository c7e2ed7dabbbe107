/**
 * All objects of one kind as last seen, found by key and through indexes. What an entry is indexed by is kept beside it, so that
 * taking it out needs no parsing.
 */
import { controllerOf, type KubernetesObject, keyOf } from "../api/meta.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { ObjectMemo, Slot } from "./object-memo.ts";

type Any = DeepReadonly<KubernetesObject>;

export type IndexFunction = (object: Any) => readonly string[];

/** Indexes that every kind has. */
export const BY_NAMESPACE = "namespace";
export const BY_CONTROLLER = "controller";
export const ORPHANS = "orphans";

const BUILT_IN: readonly [string, IndexFunction][] = [
  [BY_NAMESPACE, ({ metadata }) => (metadata.namespace ? [metadata.namespace] : [])],
  [
    BY_CONTROLLER,
    (object) => {
      const uid = controllerOf(object)?.uid;
      return uid === undefined ? [] : [uid];
    },
  ],
  [ORPHANS, (object) => (controllerOf(object) === undefined ? [object.metadata.namespace ?? ""] : [])],
];

interface Entry {
  readonly slot: Slot;
  /** For each index, in their order, the values this entry stands under. */
  readonly values: readonly (readonly string[])[];
}

export interface InformerCache {
  readonly size: number;
  addIndex(name: string, values: IndexFunction): void;
  get(key: string): Any | undefined;
  /** What was there before under the same key. */
  put(object: Any, sizeBytes: number): Any | undefined;
  remove(key: string): Any | undefined;
  keys(): Iterable<string>;
  all(): Iterable<Any>;
  byIndex(name: string, value: string): readonly Any[];
}

export function informerCache(memo: ObjectMemo): InformerCache {
  const entries = new Map<string, Entry>();
  const names: string[] = [];
  const functions: IndexFunction[] = [];
  const buckets: Map<string, Set<Entry>>[] = [];

  function addIndex(name: string, values: IndexFunction): void {
    if (names.includes(name)) return;
    const position = names.push(name) - 1;
    functions.push(values);
    buckets.push(new Map());
    for (const entry of entries.values()) {
      (entry.values as (readonly string[])[])[position] = values(memo.peek(entry.slot));
      insert(entry, position);
    }
  }

  function insert(entry: Entry, position: number): void {
    for (const value of entry.values[position] ?? []) {
      const bucket = buckets[position]?.get(value);
      if (bucket === undefined) buckets[position]?.set(value, new Set([entry]));
      else bucket.add(entry);
    }
  }

  function unindex(entry: Entry): void {
    entry.values.forEach((values, position) => {
      for (const value of values) {
        const bucket = buckets[position]?.get(value);
        if (bucket?.delete(entry) && bucket.size === 0) buckets[position]?.delete(value);
      }
    });
  }

  /** Takes the entry out and gives its object. */
  function take(key: string): Any | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    entries.delete(key);
    unindex(entry);
    const object = memo.peek(entry.slot);
    memo.drop(entry.slot);
    return object;
  }

  for (const [name, values] of BUILT_IN) addIndex(name, values);

  return {
    get size() {
      return entries.size;
    },
    addIndex,
    get(key) {
      const entry = entries.get(key);
      return entry && memo.use(entry.slot);
    },
    put(object, sizeBytes) {
      const key = keyOf(object);
      const previous = take(key);
      const entry = { slot: memo.hold(object, sizeBytes), values: functions.map((values) => values(object)) };
      entries.set(key, entry);
      for (let position = 0; position < functions.length; position++) insert(entry, position);
      return previous;
    },
    remove: take,
    keys: () => entries.keys(),
    *all() {
      for (const { slot } of entries.values()) yield memo.peek(slot);
    },
    byIndex(name, value) {
      const bucket = buckets[names.indexOf(name)]?.get(value);
      return bucket === undefined ? [] : Array.from(bucket, ({ slot }) => memo.use(slot));
    },
  };
}

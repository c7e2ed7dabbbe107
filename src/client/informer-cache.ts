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
  readonly values: (readonly string[])[];
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

export const informerCache = (memo: ObjectMemo): InformerCache => new IndexedCache(memo);

class IndexedCache implements InformerCache {
  readonly #memo: ObjectMemo;
  readonly #entries = new Map<string, Entry>();
  /** Names, functions and buckets of the indexes: one of each stands at an index's position. */
  readonly #names: string[] = [];
  readonly #functions: IndexFunction[] = [];
  readonly #buckets: Map<string, Set<Entry>>[] = [];

  constructor(memo: ObjectMemo) {
    this.#memo = memo;
    for (const [name, values] of BUILT_IN) this.addIndex(name, values);
  }

  get size(): number {
    return this.#entries.size;
  }

  addIndex(name: string, values: IndexFunction): void {
    if (this.#names.includes(name)) return;
    const position = this.#names.push(name) - 1;
    this.#functions.push(values);
    this.#buckets.push(new Map());
    for (const entry of this.#entries.values()) {
      entry.values[position] = values(this.#memo.peek(entry.slot));
      this.#insert(entry, position);
    }
  }

  get(key: string): Any | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#memo.use(entry.slot);
  }

  put(object: Any, sizeBytes: number): Any | undefined {
    const key = keyOf(object);
    const previous = this.remove(key);
    const entry = { slot: this.#memo.hold(object, sizeBytes), values: this.#functions.map((values) => values(object)) };
    this.#entries.set(key, entry);
    for (let position = 0; position < this.#functions.length; position++) this.#insert(entry, position);
    return previous;
  }

  remove(key: string): Any | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#unindex(entry);
    const object = this.#memo.peek(entry.slot);
    this.#memo.drop(entry.slot);
    return object;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  *all(): Iterable<Any> {
    for (const { slot } of this.#entries.values()) yield this.#memo.peek(slot);
  }

  byIndex(name: string, value: string): readonly Any[] {
    const bucket = this.#buckets[this.#names.indexOf(name)]?.get(value);
    return bucket === undefined ? [] : Array.from(bucket, ({ slot }) => this.#memo.use(slot));
  }

  #insert(entry: Entry, position: number): void {
    for (const value of entry.values[position] ?? []) {
      const bucket = this.#buckets[position]?.get(value);
      if (bucket === undefined) this.#buckets[position]?.set(value, new Set([entry]));
      else bucket.add(entry);
    }
  }

  #unindex(entry: Entry): void {
    entry.values.forEach((values, position) => {
      for (const value of values) {
        const bucket = this.#buckets[position]?.get(value);
        if (bucket?.delete(entry) && bucket.size === 0) this.#buckets[position]?.delete(value);
      }
    });
  }
}

/** The caches of all rows, each made and filled when it is first asked for. */

import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { assert } from "../../base/assert.ts";
import { deepFreeze } from "../../base/freeze.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Store } from "../../store/store.ts";
import type { AdmissionReader } from "../admission/plugin.ts";
import { decodeRecord } from "../records/record.ts";
import type { CacheEntry } from "./entry.ts";
import { type Handover, handover } from "./handover.ts";
import { type RowCache, rowCache } from "./row-cache.ts";
import { everything } from "./selection.ts";

export interface Caches extends AdmissionReader {
  readonly handover: Handover;
  /** The row's cache; await its `ready()` before reading. */
  of(row: AnyResource): RowCache;
  /** Fills the caches of `rows`. */
  load(rows: readonly AnyResource[]): Promise<void>;
  /** The object, parsed for the call. */
  parse(row: AnyResource, entry: CacheEntry): KubernetesObject;
  /** Objects by `<resource>.<group>`, of the rows that were asked for. */
  counts(): (readonly [resource: string, count: number])[];
  /** Forgets a row that is no longer served. */
  drop(row: AnyResource): void;
  close(): void;
}

/** Objects that stay parsed, because plugins read the same few (Namespace, ServiceAccount, classes) for every write. */
const MEMO_SIZE = 256;
/** Longer lists would only push each other out. */
const MEMO_LIST = 32;

type Frozen = DeepReadonly<KubernetesObject>;

/** The oldest goes first: what is still asked for is parsed again, once in a while. */
function parsedMemo(parse: (row: AnyResource, entry: CacheEntry) => KubernetesObject) {
  const known = new Map<CacheEntry, Frozen>();
  return (row: AnyResource, entry: CacheEntry): Frozen => {
    let object = known.get(entry);
    if (object === undefined) {
      object = deepFreeze(parse(row, entry)) as Frozen;
      if (known.size >= MEMO_SIZE) for (const oldest of known.keys()) if (known.delete(oldest)) break;
      known.set(entry, object);
    }
    return object;
  };
}

export function createCaches(store: Store): Caches {
  const rows = new Map<string, RowCache>();
  const objects = handover();
  const of = (row: AnyResource): RowCache => {
    const present = rows.get(row.prefix);
    if (present) return present;
    const made = rowCache({ row, store, handover: objects });
    rows.set(row.prefix, made);
    return made;
  };
  /** For readers that cannot wait: embedded stores fill small rows in one step, and what plugins read is loaded at the start. */
  const filled = (row: AnyResource): RowCache => {
    const cache = of(row);
    assert(cache.ready() === undefined, `the cache of ${row.resource} is not loaded`);
    return cache;
  };
  const parse = (row: AnyResource, entry: CacheEntry): KubernetesObject => decodeRecord(entry.record, entry.revision, row);
  const memo = parsedMemo(parse);
  return {
    handover: objects,
    of,
    parse,
    async load(wanted) {
      for (const row of wanted) await of(row).ready();
    },
    get(row, namespace, name) {
      const entry = filled(row).get(namespace === "" ? name : `${namespace}/${name}`);
      return entry && memo(row, entry);
    },
    identity: (row, namespace, name) => filled(row).get(namespace === "" ? name : `${namespace}/${name}`),
    list(row, namespace) {
      const entries = filled(row).list(namespace === undefined ? everything : { ...everything, namespace });
      return entries.map((entry) => (entries.length > MEMO_LIST ? parse(row, entry) : memo(row, entry)));
    },
    counts: () =>
      [...rows.values()].map(
        ({ row, size }) => [row.group === "" ? row.resource : `${row.resource}.${row.group}`, size] as const,
      ),
    drop(row) {
      rows.get(row.prefix)?.close();
      rows.delete(row.prefix);
    },
    close() {
      for (const cache of rows.values()) cache.close();
    },
  };
}

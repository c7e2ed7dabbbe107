/**
 * The tables of the database, and the only place that knows the `lmdb` package.
 *
 *   log       revision → record (record.ts): every value once
 *   current   key → revision of its record in the log
 *   deleted   key → revision of its delete, until that is compacted
 *   expiring  moment, revision → key: what has a time to live
 *   state     "state" → newest revision, compacted revision, trimmed revision, bytes of all records
 *
 * `overlappingSync` is off: with it a promise may resolve before its data is on disk. Each transaction then writes its pages, calls
 * fdatasync, and writes the meta page through a descriptor opened with O_DSYNC; readers see it only after that.
 */
import type { Database, Key, RootDatabase } from "lmdb";
import { assert } from "../../base/assert.ts";
import { readRevision, writeRevision } from "./record.ts";

/** When something expires, in milliseconds since the epoch, and the revision that does. */
export type Expiring = [momentMs: number, revision: number];

type Table<K extends Key> = Database<Uint8Array, K>;
export type KeyTable = Table<string>;

export interface StoredState {
  readonly newest: number;
  readonly compacted: number;
  /** Up to here the log has been trimmed. */
  readonly trimmed: number;
  /** What the records of the log take, for the limit and for the decision to copy the file. */
  readonly contentBytes: number;
}

export interface Tables {
  readonly root: RootDatabase<Uint8Array, string>;
  readonly log: Table<number>;
  readonly current: KeyTable;
  readonly deleted: KeyTable;
  readonly expiring: Table<Expiring>;
  readonly state: KeyTable;
}

const STATE_KEY = "state";

/** A RangeError makes lmdb try again with more room. */
function writeText(key: string | Uint8Array, target: Buffer, start: number): number {
  const length = typeof key === "string" ? Buffer.byteLength(key) : key.length;
  if (start + length > target.length) throw new RangeError("the key does not fit");
  if (typeof key === "string") return start + target.write(key, start, "utf8");
  target.set(key, start);
  return start + length;
}

function writeNumbers(numbers: readonly number[], target: Buffer, start: number): number {
  return numbers.reduce((offset, number) => writeRevision(target, number, offset), start);
}

/** lmdb fills a range's missing start with bytes of its own, so every encoder takes bytes too. */
const textKeys = {
  writeKey: writeText,
  readKey: (source: Buffer, start: number, end: number): string => source.toString("utf8", start, end),
};
const revisionKeys = {
  writeKey: (key: number | Uint8Array, target: Buffer, start: number): number =>
    typeof key === "number" ? writeRevision(target, key, start) : writeText(key, target, start),
  readKey: (source: Buffer, start: number): number => readRevision(source, start),
};
const expiringKeys = {
  writeKey: (key: Expiring | Uint8Array, target: Buffer, start: number): number =>
    key instanceof Uint8Array ? writeText(key, target, start) : writeNumbers(key, target, start),
  readKey: (source: Buffer, start: number): Expiring => [readRevision(source, start), readRevision(source, start + 6)],
};

export interface TablesOptions {
  readonly mapBytes: number;
  /** For the test that proves the power-loss check: nothing is synced. */
  readonly noSync: boolean;
}

export async function openTables(path: string, options: TablesOptions): Promise<Tables> {
  const { open } = await import("lmdb");
  const root = open<Uint8Array, string>({
    path,
    noSubdir: true,
    mapSize: options.mapBytes,
    maxDbs: 8,
    overlappingSync: false,
    noSync: options.noSync,
    // Whole batches are handed over at once: there is nothing to wait for.
    eventTurnBatching: false,
    encoding: "binary",
    keyEncoder: textKeys,
  });
  // lmdb keeps here what it really does, whatever was asked of it.
  const { overlappingSync } = root as unknown as { overlappingSync: unknown };
  assert(overlappingSync === false, "lmdb would resolve writes before they are on disk");
  const table = <K extends Key>(name: string, keyEncoder: object): Table<K> => {
    // A variable, since lmdb's types leave out that every table may have its own.
    const settings = { name, encoding: "binary" as const, keyEncoder };
    return root.openDB<Uint8Array, K>(settings);
  };
  return {
    root,
    log: table<number>("log", revisionKeys),
    current: table<string>("current", textKeys),
    deleted: table<string>("deleted", textKeys),
    expiring: table<Expiring>("expiring", expiringKeys),
    state: table<string>("state", textKeys),
  };
}

export function readState(tables: Tables): StoredState {
  const bytes = tables.state.getBinary(STATE_KEY);
  if (bytes === undefined) return { newest: 0, compacted: 0, trimmed: 0, contentBytes: 0 };
  return {
    newest: readRevision(bytes, 0),
    compacted: readRevision(bytes, 6),
    trimmed: readRevision(bytes, 12),
    contentBytes: readRevision(bytes, 18),
  };
}

export function putState(tables: Tables, state: StoredState): void {
  const bytes = Buffer.alloc(24);
  writeNumbers([state.newest, state.compacted, state.trimmed, state.contentBytes], bytes, 0);
  void tables.state.put(STATE_KEY, bytes);
}

/** The writes of one batch. All of them are in one LMDB transaction, so all of them are on disk or none is. */
import { expiryMoment } from "../expiry-timer.ts";
import type { Change } from "./accepted.ts";
import { recordBytes, writeRecord, writeRevision } from "./record.ts";
import { type Expiring, putState, type StoredState, type Tables } from "./tables.ts";

/** What a batch removes besides its changes: expired rows, and history on compaction. */
export interface Removals {
  removeRecord(revision: number, bytes: number): void;
  removeDeleted(key: string): void;
  removeExpiring(row: Expiring): void;
}

/** The state that every batch writes; batches change it in place. */
export type WritableState = { -readonly [K in keyof StoredState]: StoredState[K] };

export interface BatchWriter {
  readonly tables: Tables;
  readonly state: WritableState;
  now(): number;
}

/** What a record takes in the file: its own pages where it is large, else its share of one; with its row in `current`. */
function storedBytes(bytes: number): number {
  return bytes > 2000 ? Math.ceil((bytes + 24) / 4096) * 4096 + 64 : bytes + 64;
}

export async function writeBatch(
  writer: BatchWriter,
  changes: readonly Change[],
  works: readonly ((removals: Removals) => void)[],
): Promise<void> {
  const { tables, state } = writer;
  // Reads come before the batch is begun.
  const removals: (() => void)[] = [];
  for (const work of works) work(collect(tables, state, removals));
  const keyBytes = changes.map((change) => Buffer.byteLength(change.key));
  const needed = changes.map((change, index) => recordBytes(keyBytes[index] ?? 0, change.value?.length ?? 0));
  // One buffer a batch: lmdb reads it from its own thread until the batch is done.
  const arena = Buffer.allocUnsafeSlow(needed.reduce((sum, bytes, index) => sum + bytes + 6 + (keyBytes[index] ?? 0), 0));
  const nowMs = writer.now();
  for (const bytes of needed) state.contentBytes += storedBytes(bytes);
  state.newest = changes.at(-1)?.revision ?? state.newest;
  await tables.root.batch(() => {
    for (const remove of removals) remove();
    let offset = 0;
    for (const change of changes) offset = putChange(tables, change, arena, offset, nowMs);
    putState(tables, state);
  });
}

function putChange(tables: Tables, change: Change, arena: Buffer, start: number, nowMs: number): number {
  const { key, revision, value, replaced, previous, ttlSeconds } = change;
  const kind = value === undefined ? "delete" : "put";
  const recordEnd = writeRecord(arena, start, { kind, replaced, key, value: value ?? arena.subarray(0, 0) });
  const end = writeRevision(arena, revision, recordEnd);
  const position = arena.subarray(recordEnd, end);
  void tables.log.put(revision, arena.subarray(start, recordEnd));
  if (kind === "put") {
    void tables.current.put(key, position);
    if (replaced > 0 && previous === undefined) void tables.deleted.remove(key);
  } else {
    void tables.current.remove(key);
    void tables.deleted.put(key, position);
  }
  if (ttlSeconds === undefined) return end;
  const keyEnd = end + arena.write(key, end, "utf8");
  void tables.expiring.put([expiryMoment(nowMs, ttlSeconds), revision], arena.subarray(end, keyEnd));
  return keyEnd;
}

function collect(tables: Tables, state: WritableState, removals: (() => void)[]): Removals {
  return {
    removeRecord(revision, bytes) {
      state.contentBytes = Math.max(0, state.contentBytes - storedBytes(bytes));
      removals.push(() => void tables.log.remove(revision));
    },
    removeDeleted(key) {
      removals.push(() => void tables.deleted.remove(key));
    },
    removeExpiring(row) {
      removals.push(() => void tables.expiring.remove(row));
    },
  };
}

/**
 * Reads of durable state, each within one synchronous step: lmdb renews its read transaction in every turn of the event loop, so
 * none holds back pages that could be used again.
 *
 * The database may be a moment ahead of the newest durable revision that this process has announced: a batch is visible as soon
 * as its meta page is on disk, and announced a turn later. So every read is as of a revision, and follows the chain of replaced
 * records to it. What a batch in flight has deleted is found in the table of deleted keys.
 */
import { sortableKey } from "../keys.ts";
import type { Entry, Range, StoreEvent } from "../store.ts";
import { StoreError } from "../store.ts";
import { type RecordHead, readHead, readRecord, readRevision, readValue } from "./record.ts";
import type { KeyTable, Tables } from "./tables.ts";

export interface Reader {
  /** The revision of the newest record of `key`, a delete included; 0 where there is none. As the database has it. */
  head(key: string): { readonly revision: number; readonly live: boolean };
  /** What the record of `key` at `revision` put; undefined where it is a delete or compacted. */
  entry(key: string, revision: number): Entry | undefined;
  recordHead(revision: number): RecordHead | undefined;
  get(key: string, revision: number): Entry | undefined;
  range(asked: RangeAsked): Range;
  count(prefix: string): number;
  /** The events after `after` up to `until`, from at most `limit` records of the log, and how far that reached. */
  events(asked: EventsAsked): { events: StoreEvent[]; through: number };
}

export interface RangeAsked {
  readonly prefix: string;
  readonly after: string | undefined;
  readonly limit: number;
  readonly revision: number;
  /** Whether keys that are deleted now may have been there at `revision`. */
  readonly mergeDeleted: boolean;
}

export interface EventsAsked {
  readonly prefix: string;
  readonly after: number;
  readonly until: number;
  readonly limit: number;
}

/** The least key of all, where a range has neither prefix nor start. */
const FIRST_KEY = "\0";

export function damaged(what: string): StoreError {
  return new StoreError(
    "damaged",
    `the store is damaged: ${what}. Restore the data directory from a backup, or delete it to start empty.`,
  );
}

interface Position {
  readonly key: string;
  readonly revision: number;
}

export function reader(tables: Tables): Reader {
  return {
    head: (key) => head(tables, key),
    entry: (key, revision) => entry(tables, key, revision),
    recordHead: (revision) => recordHead(tables, revision),
    get: (key, revision) => entryAsOf(tables, { key, revision: head(tables, key).revision }, revision),
    range: (asked) => range(tables, asked),
    count: (prefix) => count(tables, prefix),
    events: (asked) => events(tables, asked),
  };
}

function revisionIn(table: KeyTable, key: string): number {
  const bytes = table.getBinaryFast(key);
  return bytes === undefined ? 0 : readRevision(bytes, 0);
}

function head({ current, deleted }: Tables, key: string): { revision: number; live: boolean } {
  const revision = revisionIn(current, key);
  return revision > 0 ? { revision, live: true } : { revision: revisionIn(deleted, key), live: false };
}

function recordHead({ log }: Tables, revision: number): RecordHead | undefined {
  const bytes = log.getBinaryFast(revision);
  return bytes && readHead(bytes, bytes.length);
}

function entry({ log }: Tables, key: string, revision: number): Entry | undefined {
  const bytes = revision === 0 ? undefined : log.getBinaryFast(revision);
  if (bytes === undefined) return undefined;
  const value = readValue(bytes, bytes.length);
  if (value === undefined) throw damaged(`record ${revision} of ${key} cannot be read`);
  return value === "deleted" ? undefined : { key, value, revision };
}

/** The entry at the newest position or, where that is too new, at what it replaced, and so on. */
function entryAsOf(tables: Tables, newest: Position, revision: number): Entry | undefined {
  let at = newest.revision;
  while (at > revision) at = recordHead(tables, at)?.replaced ?? 0;
  return entry(tables, newest.key, at);
}

function range(tables: Tables, { prefix, after, limit, revision, mergeDeleted }: RangeAsked): Range {
  // "\0" makes the least key behind `after`.
  const start = (after !== undefined && compareKeys(after, prefix) >= 0 ? `${after}\0` : prefix) || FIRST_KEY;
  const live = positions(tables.current, start, prefix);
  const all = mergeDeleted ? merged(live, positions(tables.deleted, start, prefix)) : live;
  const entries: Entry[] = [];
  for (const position of all) {
    const found = entryAsOf(tables, position, revision);
    if (found === undefined) continue;
    if (entries.length >= limit) return { entries, revision, more: true };
    entries.push(found);
  }
  return { entries, revision, more: false };
}

function count({ current }: Tables, prefix: string): number {
  let found = 0;
  for (const key of current.getKeys({ start: prefix || FIRST_KEY })) {
    if (!key.startsWith(prefix)) break;
    found++;
  }
  return found;
}

function events(tables: Tables, { prefix, after, until, limit }: EventsAsked): { events: StoreEvent[]; through: number } {
  const found: StoreEvent[] = [];
  let through = after;
  let seen = 0;
  for (const { key: revision, value: bytes } of tables.log.getRange({ start: after + 1, end: until + 1, limit })) {
    seen++;
    through = revision;
    const record = readRecord(bytes, bytes.length);
    if (record === undefined) throw damaged(`record ${revision} cannot be read`);
    const { kind, key, value } = record;
    if (!key.startsWith(prefix)) continue;
    const previous = entry(tables, key, record.replaced);
    found.push({ type: kind, key, revision, ...(kind === "put" && { value }), ...(previous && { previous }) });
  }
  return { events: found, through: seen < limit ? until : through };
}

function* positions(table: KeyTable, start: string, prefix: string): Generator<Position> {
  for (const { key, value } of table.getRange({ start })) {
    if (!key.startsWith(prefix)) return;
    yield { key, revision: readRevision(value, 0) };
  }
}

/** Two ordered lists of keys as one. A key is in one of them only. */
function* merged(a: Generator<Position>, b: Generator<Position>): Generator<Position> {
  try {
    let left = a.next();
    let right = b.next();
    while (!left.done || !right.done) {
      if (right.done || (!left.done && compareKeys(left.value.key, right.value.key) < 0)) {
        if (!left.done) yield left.value;
        left = a.next();
      } else {
        yield right.value;
        right = b.next();
      }
    }
  } finally {
    // The cursors behind them are given back.
    a.return(undefined);
    b.return(undefined);
  }
}

function compareKeys(a: string, b: string): number {
  const [left, right] = [sortableKey(a), sortableKey(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

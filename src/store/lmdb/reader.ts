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
import type { Tables } from "./tables.ts";

export interface Reader {
  /** The revision of the newest record of `key`, a delete included; 0 where there is none. As the database has it. */
  head(key: string): { readonly revision: number; readonly live: boolean };
  /** What the record of `key` at `revision` put; undefined where it is a delete or compacted. */
  entry(key: string, revision: number): Entry | undefined;
  recordHead(revision: number): RecordHead | undefined;
  get(key: string, revision: number): Entry | undefined;
  range(options: { prefix: string; after: string | undefined; limit: number; revision: number; mergeDeleted: boolean }): Range;
  count(prefix: string): number;
  /** The events after `after` up to `until`, from at most `limit` records of the log, and how far that reached. */
  events(after: number, until: number, prefix: string, limit: number): { events: StoreEvent[]; through: number };
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
  const { log, current, deleted } = tables;

  function revisionIn(table: typeof current, key: string): number {
    const bytes = table.getBinaryFast(key);
    return bytes === undefined ? 0 : readRevision(bytes, 0);
  }

  function recordHead(revision: number): RecordHead | undefined {
    const bytes = log.getBinaryFast(revision);
    return bytes && readHead(bytes, bytes.length);
  }

  function entry(key: string, revision: number): Entry | undefined {
    const bytes = revision === 0 ? undefined : log.getBinaryFast(revision);
    if (bytes === undefined) return undefined;
    const value = readValue(bytes, bytes.length);
    if (value === undefined) throw damaged(`record ${revision} of ${key} cannot be read`);
    return value === "deleted" ? undefined : { key, value, revision };
  }

  /** The entry at `newest` or, where that is too new, at what it replaced, and so on. */
  function entryAsOf(key: string, newest: number, revision: number): Entry | undefined {
    let at = newest;
    while (at > revision) at = recordHead(at)?.replaced ?? 0;
    return entry(key, at);
  }

  function head(key: string): { revision: number; live: boolean } {
    const revision = revisionIn(current, key);
    return revision > 0 ? { revision, live: true } : { revision: revisionIn(deleted, key), live: false };
  }

  function* positions(table: typeof current, start: string, prefix: string): Generator<Position> {
    for (const { key, value } of table.getRange({ start })) {
      if (!key.startsWith(prefix)) return;
      yield { key, revision: readRevision(value, 0) };
    }
  }

  return {
    head,
    entry,
    recordHead,
    get: (key, revision) => entryAsOf(key, head(key).revision, revision),
    range({ prefix, after, limit, revision, mergeDeleted }) {
      // "\0" makes the least key behind `after`.
      const start = (after !== undefined && compareKeys(after, prefix) >= 0 ? `${after}\0` : prefix) || FIRST_KEY;
      const live = positions(current, start, prefix);
      const all = mergeDeleted ? merged(live, positions(deleted, start, prefix)) : live;
      const entries: Entry[] = [];
      for (const position of all) {
        const found = entryAsOf(position.key, position.revision, revision);
        if (found === undefined) continue;
        if (entries.length >= limit) return { entries, revision, more: true };
        entries.push(found);
      }
      return { entries, revision, more: false };
    },
    count(prefix) {
      let found = 0;
      for (const key of current.getKeys({ start: prefix || FIRST_KEY })) {
        if (!key.startsWith(prefix)) break;
        found++;
      }
      return found;
    },
    events(after, until, prefix, limit) {
      const events: StoreEvent[] = [];
      let through = after;
      let seen = 0;
      for (const { key: revision, value } of log.getRange({ start: after + 1, end: until + 1, limit })) {
        seen++;
        through = revision;
        const found = readRecord(value, value.length);
        if (found === undefined) throw damaged(`record ${revision} cannot be read`);
        if (!found.key.startsWith(prefix)) continue;
        const previous = entry(found.key, found.replaced);
        events.push({
          type: found.kind,
          key: found.key,
          revision,
          ...(found.kind === "put" && { value: found.value }),
          ...(previous && { previous }),
        });
      }
      return { events, through: seen < limit ? until : through };
    },
  };
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

/**
 * Compaction: forgets what nobody can ask for once `compacted` is the oldest revision that is served.
 *
 * Each record names the one it replaced. As soon as compaction passes a record, what it replaced is gone, and a delete is gone
 * itself. So the work is that of the changes that are passed, the present is never touched, and no value is read. It goes on in
 * small steps, each in the transaction of some batch; where it is interrupted, it goes on after the last step at the next start.
 */
import type { Removals, WritableState } from "./batch.ts";
import type { Reader } from "./reader.ts";
import type { Tables } from "./tables.ts";

const RECORDS_A_STEP = 500;

/** Trims the next part of the log. Called when a batch is written: what the reader sees is all that was written before. */
export function trimStep(tables: Tables, reader: Reader, state: WritableState, removals: Removals): void {
  const until = Math.min(state.compacted, state.newest);
  const revisions = [...tables.log.getKeys({ start: state.trimmed + 1, end: until + 1, limit: RECORDS_A_STEP })];
  const removed = new Set<number>();
  const remove = (revision: number, bytes: number): void => {
    if (removed.has(revision)) return;
    removed.add(revision);
    removals.removeRecord(revision, bytes);
  };
  for (const revision of revisions) {
    const record = reader.recordHead(revision);
    if (record === undefined) continue;
    const replaced = record.replaced === 0 ? undefined : reader.recordHead(record.replaced);
    if (replaced !== undefined) remove(record.replaced, replaced.bytes);
    if (record.kind !== "delete") continue;
    remove(revision, record.bytes);
    const head = reader.head(record.key);
    if (!head.live && head.revision === revision) removals.removeDeleted(record.key);
  }
  state.trimmed = revisions.length < RECORDS_A_STEP ? until : (revisions.at(-1) ?? until);
}

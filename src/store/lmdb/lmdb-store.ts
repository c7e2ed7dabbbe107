/**
 * The embedded store on LMDB: the default of a server process. See docs/reference/store.md for its format and guarantees.
 *
 * Accepting (accepted.ts) is synchronous and in memory; group-commit.ts makes it durable; reads and watches see only what has
 * been announced as durable here. Values of a put are read until it is durable: callers do not change them.
 */
import { assert } from "../../base/assert.ts";
import { decodeUtf8 } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import { type Logger, silentLogger } from "../../base/logger.ts";
import { type ExpiryTimer, expiryTimer } from "../expiry-timer.ts";
import { type Commit, type Operation, type RangeOptions, type Store, StoreError, type StoreEvent } from "../store.ts";
import { checkSize } from "../transaction.ts";
import { compactedError, type History, type WatchHub, watchHub } from "../watch-hub.ts";
import { type AcceptedState, acceptedState, type Change } from "./accepted.ts";
import type { Removals, WritableState } from "./batch.ts";
import { trimStep } from "./compaction.ts";
import { type CommitStatistics, type GroupCommit, groupCommit } from "./group-commit.ts";
import { type OpenDatabase, openDatabase } from "./open-database.ts";
import { type Reader, reader as tableReader } from "./reader.ts";
import type { SpaceGuard } from "./space.ts";
import { type Expiring, readState, type Tables } from "./tables.ts";

export interface LmdbStoreOptions {
  /** Made where it is not there. One process uses it at a time. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** What the store may hold, history included; 8 GiB by default. Puts beyond it are refused with `full`. */
  readonly maxBytes?: number;
  /**
   * A write failed in a way that leaves open what is on disk. Nothing is written any more; the process should end, and the next
   * start reads what is durable.
   */
  readonly onFatal?: (error: StoreError) => void;
  /** For one test only: writes are not synced, so a power cut loses them. */
  readonly noSync?: boolean;
}

export interface LmdbStore extends Store {
  readonly statistics: Readonly<CommitStatistics>;
}

const DEFAULT_MAX_BYTES = 8 * 1024 ** 3;
const EVENTS_A_STEP = 1000;
const EXPIRIES_A_STEP = 100;
const EXPIRY_RETRY_MS = 10_000;

const closedError = (): StoreError => new StoreError("closed", "the store is closed");

/** What the parts below share. */
interface Context {
  readonly clock: Clock;
  readonly tables: Tables;
  readonly reader: Reader;
  readonly state: WritableState;
  readonly accepted: AcceptedState;
  readonly commits: GroupCommit;
  readonly statistics: CommitStatistics;
  readonly space: SpaceGuard;
  readonly hub: WatchHub;
  readonly expiry: ExpiryTimer;
  /** The newest revision that was announced. */
  durable: number;
  closing: boolean;
  release(): void;
}

/** Throws StoreError: `locked` where another process uses the directory, `damaged` with what to do. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<LmdbStore> {
  const database = await openDatabase({
    directory: options.directory,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    noSync: options.noSync === true,
    logger: options.logger ?? silentLogger,
  });
  const context = contextOf(database, options);
  armExpiry(context);
  const trim = trimmer(context);
  // A compaction that was interrupted goes on. Where it fails, whoever writes is told.
  trim().catch(() => {});
  return storeOf(context, trim);
}

function contextOf({ tables, space, release }: OpenDatabase, { clock, onFatal }: LmdbStoreOptions): Context {
  const reader = tableReader(tables);
  const state: WritableState = { ...readState(tables) };
  const statistics: CommitStatistics = { transactions: 0, changes: 0, batches: 0, writeSeconds: 0, failures: 0 };
  const history: History = {
    newest: () => context.durable,
    compacted: () => state.compacted,
    read: (after, prefix) => reader.events({ after, until: context.durable, prefix, limit: EVENTS_A_STEP }),
  };
  const commits = groupCommit({
    clock,
    writer: { tables, state, now: () => clock.now() },
    statistics,
    diagnose: space.diagnose,
    onDurable: (changes) => announce(context, changes),
    onFailed(error) {
      goBack(context);
      if (error.reason !== "full") onFatal?.(error);
    },
  });
  const context: Context = {
    clock,
    tables,
    reader,
    state,
    accepted: acceptedState(reader, state.newest),
    commits,
    statistics,
    space,
    hub: watchHub(history, clock),
    expiry: expiryTimer(clock, (nowMs) => expireDue(context, nowMs)),
    durable: state.newest,
    closing: false,
    release,
  };
  return context;
}

/** These changes are on disk: readers and watches see them, then their commits resolve. */
function announce(context: Context, changes: readonly Change[]): void {
  context.space.refresh();
  context.durable = changes.at(-1)?.revision ?? context.durable;
  context.accepted.settle(changes);
  if (changes.length === 0) return;
  if (changes.some((change) => change.ttlSeconds !== undefined)) armExpiry(context);
  context.hub.deliver(changes.map(eventOf));
}

/** Nothing that was accepted after the newest durable revision happened. */
function goBack({ accepted, state, tables, durable }: Context): void {
  const { compacted } = state;
  accepted.forget(durable);
  Object.assign(state, readState(tables));
  // What was refused as compacted once stays refused.
  state.compacted = Math.max(state.compacted, compacted);
}

function storeOf(context: Context, trim: () => Promise<void>): LmdbStore {
  const { state, reader, hub } = context;
  let closed: Promise<void> | undefined;
  function open(): Context {
    if (context.closing) throw closedError();
    return context;
  }
  return {
    statistics: context.statistics,
    revision: () => context.durable,
    compactedRevision: () => state.compacted,
    async commit(operations) {
      open();
      checkSize(operations);
      return commit(context, operations);
    },
    get: (key) => reader.get(key, open().durable),
    range: (options) => range(open(), options),
    count(prefix) {
      open();
      return reader.count(prefix);
    },
    watch(options) {
      open();
      return hub.watch(options);
    },
    async compact(revision) {
      const { durable } = open();
      assert(revision <= durable, `cannot compact at revision ${revision}: the newest is ${durable}`);
      state.compacted = Math.max(state.compacted, revision);
      await trim();
    },
    sizeBytes: () => state.contentBytes,
    close() {
      closed ??= close(context);
      return closed;
    },
  };
}

async function close(context: Context): Promise<void> {
  const { commits, clock, expiry, hub, tables } = context;
  context.closing = true;
  expiry.stop();
  while (commits.busy) {
    await commits.settled().catch(() => {});
    await clock.pause();
  }
  hub.end(closedError());
  await tables.root.close();
  context.release();
}

async function commit(context: Context, operations: readonly Operation[]): Promise<Commit> {
  const { accepted, commits, space, state } = context;
  space.admit(operations, state.contentBytes + commits.waitingBytes);
  const result = accepted.accept(operations);
  if (!result.accepted) {
    if (result.pending) await commits.settled();
    throw result.refusal;
  }
  if (result.changes.length > 0) await commits.submit(result.changes);
  else if (commits.busy) await commits.settled();
  return result.commit;
}

function range(context: Context, options: RangeOptions) {
  const { durable, state, accepted } = context;
  const revision = options.revision ?? durable;
  assert(revision <= durable, `revision ${revision} is yet to come: the newest is ${durable}`);
  if (revision < state.compacted) throw compactedError(revision, state.compacted);
  return context.reader.range({
    prefix: options.prefix,
    after: options.after,
    limit: options.limit ?? Number.POSITIVE_INFINITY,
    revision,
    mergeDeleted: revision < accepted.newest,
  });
}

function eventOf(change: Change): StoreEvent {
  const { key, revision, value, previous } = change;
  return { type: value ? "put" : "delete", key, revision, ...(value && { value }), ...(previous && { previous }) };
}

/** One trimming at a time; whoever asks meanwhile waits for a later one. */
function trimmer(context: Context): () => Promise<void> {
  const { tables, reader, state, commits } = context;
  let last: Promise<void> = Promise.resolve();
  async function run(): Promise<void> {
    while (state.trimmed < state.compacted && !context.closing) {
      await commits.submit([], (removals: Removals) => trimStep(tables, reader, state, removals));
    }
  }
  return () => {
    last = last.then(run, run);
    return last;
  };
}

function armExpiry({ tables, expiry }: Context): void {
  for (const [momentMs] of tables.expiring.getKeys({ start: [0, 0], limit: 1 })) expiry.arm(momentMs);
}

/** Deletes what is due, a bounded number in each transaction, and gives the next moment. */
async function expireDue(context: Context, nowMs: number): Promise<number | undefined> {
  const { tables, commits } = context;
  while (!context.closing) {
    const rows = [...tables.expiring.getRange({ start: [0, 0], limit: EXPIRIES_A_STEP })];
    const due = rows.filter(({ key: [momentMs] }) => momentMs <= nowMs);
    if (due.length === 0) return rows[0]?.key[0];
    const result = context.accepted.accept(due.flatMap((row) => expiredKey(context, row)));
    if (!result.accepted) throw result.refusal;
    try {
      await commits.submit(result.changes, (removals) => {
        for (const { key } of due) removals.removeExpiring(key);
      });
    } catch {
      // Whoever writes is told; what is due stays due.
      return nowMs + EXPIRY_RETRY_MS;
    }
  }
  return undefined;
}

/** A later write of the key has its own time to live, or none. */
function expiredKey({ accepted }: Context, row: { key: Expiring; value: Uint8Array }): Operation[] {
  const key = decodeUtf8(row.value);
  const [, revision] = row.key;
  return accepted.revisionOf(key) === revision ? [{ type: "delete", key, if: { revision } }] : [];
}

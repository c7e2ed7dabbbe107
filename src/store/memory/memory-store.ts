/**
 * The store in memory: for tests, simulation and the browser. Durable means accepted here, so every commit is done when the call
 * returns and nothing ever waits: the same calls give the same revisions and events.
 *
 * Each key has its versions since the last compaction; the log has every event since then, one a revision. Values are kept as
 * they were given, not copied.
 */
import { assert } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { expiryMoment, expiryTimer } from "../expiry-timer.ts";
import { sortableKey } from "../keys.ts";
import {
  type Commit,
  type Entry,
  type Operation,
  type Range,
  type RangeOptions,
  type Store,
  StoreError,
  type StoreEvent,
} from "../store.ts";
import { checkSize, conflict, holds } from "../transaction.ts";
import { compactedError, type History, watchHub } from "../watch-hub.ts";
import { type OrderedMap, orderedMap } from "./ordered-map.ts";

const EVENTS_A_STEP = 1000;

/** One version of a key; without an entry it was deleted. */
interface Version {
  readonly revision: number;
  readonly entry: Entry | undefined;
}

/** The versions of one key, the oldest first; never empty. */
type Versions = Version[];

interface State {
  readonly keys: OrderedMap<Versions>;
  /** The event of revision `dropped + 1` first. */
  log: StoreEvent[];
  dropped: number;
  newest: number;
  compacted: number;
  bytes: number;
  /** What expires, by moment. */
  readonly expiring: Map<number, { key: string; revision: number }[]>;
}

const liveEntry = (state: State, key: string): Entry | undefined => state.keys.get(sortableKey(key))?.at(-1)?.entry;

function entryAt(versions: Versions, revision: number): Entry | undefined {
  for (let index = versions.length - 1; index >= 0; index--) {
    const version = versions[index];
    if (version !== undefined && version.revision <= revision) return version.entry;
  }
  return undefined;
}

function addVersion(state: State, key: string, value: Uint8Array | undefined): StoreEvent {
  const revision = ++state.newest;
  const sortable = sortableKey(key);
  const versions = state.keys.get(sortable);
  const previous = versions?.at(-1)?.entry;
  const version: Version = { revision, entry: value && { key, value, revision } };
  if (versions === undefined) state.keys.set(sortable, [version]);
  else versions.push(version);
  state.bytes += key.length + (value?.length ?? 0);
  const event: StoreEvent = {
    type: value ? "put" : "delete",
    key,
    revision,
    ...(value && { value }),
    ...(previous && { previous }),
  };
  state.log.push(event);
  return event;
}

/** Forgets the versions of `key` that nobody can ask for any more. */
function trim(state: State, key: string): void {
  const sortable = sortableKey(key);
  const versions = state.keys.get(sortable);
  if (versions === undefined) return;
  let keep = 0;
  while ((versions[keep + 1]?.revision ?? Number.POSITIVE_INFINITY) <= state.compacted) keep++;
  const first = versions[keep];
  if (first !== undefined && first.revision <= state.compacted && first.entry === undefined) keep++;
  for (const version of versions.splice(0, keep)) state.bytes -= key.length + (version.entry?.value.length ?? 0);
  if (versions.length === 0) state.keys.delete(sortable);
}

function apply(
  state: State,
  operations: readonly Operation[],
  nowMs: number,
): { commit: Commit; events: StoreEvent[]; dueMs: number } {
  operations.forEach((operation, index) => {
    const actual = liveEntry(state, operation.key);
    if (!holds(operation.if, actual)) throw conflict(operation, index, actual);
  });
  const events: StoreEvent[] = [];
  let dueMs = Number.POSITIVE_INFINITY;
  const revisions = operations.map((operation) => {
    if (operation.type === "check") return 0;
    if (operation.type === "delete" && liveEntry(state, operation.key) === undefined) return 0;
    const event = addVersion(state, operation.key, operation.type === "put" ? operation.value : undefined);
    events.push(event);
    if (operation.type === "put" && operation.ttlSeconds !== undefined) {
      const moment = expiryMoment(nowMs, operation.ttlSeconds);
      const same = state.expiring.get(moment);
      if (same === undefined) state.expiring.set(moment, [event]);
      else same.push(event);
      dueMs = Math.min(dueMs, moment);
    }
    return event.revision;
  });
  return { commit: { revision: state.newest, revisions }, events, dueMs };
}

function range(state: State, options: RangeOptions): Range {
  const revision = options.revision ?? state.newest;
  assert(revision <= state.newest, `revision ${revision} is yet to come: the newest is ${state.newest}`);
  if (revision < state.compacted) throw compactedError(revision, state.compacted);
  const prefix = sortableKey(options.prefix);
  const after = options.after === undefined ? undefined : sortableKey(options.after);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const entries: Entry[] = [];
  let more = false;
  state.keys.walk(after !== undefined && after > prefix ? after : prefix, (versions, key) => {
    if (!key.startsWith(prefix)) return false;
    if (after !== undefined && key <= after) return true;
    const entry = entryAt(versions, revision);
    if (entry === undefined) return true;
    if (entries.length >= limit) {
      more = true;
      return false;
    }
    entries.push(entry);
    return true;
  });
  return { entries, revision, more };
}

function count(state: State, prefix: string): number {
  const sortable = sortableKey(prefix);
  let found = 0;
  state.keys.walk(sortable, (versions, key) => {
    if (!key.startsWith(sortable)) return false;
    if (versions.at(-1)?.entry !== undefined) found++;
    return true;
  });
  return found;
}

/** Drops the oldest events of the log, and the versions that they replaced; false when nothing is left to drop. */
function compactStep(state: State): boolean {
  const length = Math.min(state.compacted - state.dropped, EVENTS_A_STEP);
  if (length <= 0) return false;
  for (const event of state.log.splice(0, length)) trim(state, event.key);
  state.dropped += length;
  return true;
}

const historyOf = (state: State): History => ({
  newest: () => state.newest,
  compacted: () => state.compacted,
  read(after, prefix) {
    const through = Math.min(state.newest, after + EVENTS_A_STEP);
    const events = state.log.slice(after - state.dropped, through - state.dropped);
    return { events: events.filter((event) => event.key.startsWith(prefix)), through };
  },
});

/** Deletes what is due by `nowMs` and gives the next moment. */
function expireDue(state: State, nowMs: number, commit: (operations: readonly Operation[]) => void): number | undefined {
  for (const moment of [...state.expiring.keys()].sort((a, b) => a - b)) {
    if (moment > nowMs) return moment;
    for (const { key, revision } of state.expiring.get(moment) ?? []) {
      // A later write of the key has its own time to live, or none.
      if (liveEntry(state, key)?.revision === revision) commit([{ type: "delete", key, if: { revision } }]);
    }
    state.expiring.delete(moment);
  }
  return undefined;
}

export function createMemoryStore(options: { readonly clock: Clock }): Store {
  const { clock } = options;
  const state: State = { keys: orderedMap(), log: [], dropped: 0, newest: 0, compacted: 0, bytes: 0, expiring: new Map() };
  const hub = watchHub(historyOf(state), clock);
  let closed = false;

  function commitNow(operations: readonly Operation[]): Commit {
    const { commit, events, dueMs } = apply(state, operations, clock.now());
    expiry.arm(dueMs);
    if (events.length > 0) hub.deliver(events);
    return commit;
  }
  const expiry = expiryTimer(clock, async (nowMs) => expireDue(state, nowMs, commitNow));

  function open(): State {
    if (closed) throw new StoreError("closed", "the store is closed");
    return state;
  }

  return {
    revision: () => state.newest,
    compactedRevision: () => state.compacted,
    async commit(operations) {
      open();
      checkSize(operations);
      return commitNow(operations);
    },
    get: (key) => liveEntry(open(), key),
    range: (rangeOptions) => range(open(), rangeOptions),
    count: (prefix) => count(open(), prefix),
    watch(watchOptions) {
      open();
      return hub.watch(watchOptions);
    },
    async compact(revision) {
      assert(revision <= open().newest, `cannot compact at revision ${revision}: the newest is ${state.newest}`);
      state.compacted = Math.max(state.compacted, revision);
      while (compactStep(state)) await clock.pause();
    },
    sizeBytes: () => state.bytes,
    async close() {
      if (closed) return;
      closed = true;
      expiry.stop();
      hub.end(new StoreError("closed", "the store is closed"));
    },
  };
}

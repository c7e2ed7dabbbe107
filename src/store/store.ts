/**
 * The store's contract: revisioned keys and bytes, shaped like etcd. It knows nothing of Kubernetes.
 *
 * Invariants, proved for every backend by tests/store-contract:
 * - Every accepted transaction gets revisions greater than all before it. Embedded stores give each changed key a revision of its
 *   own, in the order of the operations; on etcd the keys of one transaction share one.
 * - Preconditions are checked against the last *accepted* state, so a second write of a key may arrive before the first is durable.
 *   A refusal is reported no earlier than the state it rests on is durable: who reads again then sees it.
 * - `commit` resolves when the transaction is durable. Readers and watchers see durable state only, in revision order, and a
 *   watcher of the key has been called before `commit` resolves (embedded stores).
 * - All operations of a transaction happen, or none does.
 * - History is kept from `compactedRevision` on; older revisions are refused with `compacted`.
 * - kill -9 or a power cut at any instant loses no acknowledged write and invents none.
 */

/** What must hold of the key for the transaction to be accepted. */
export type Precondition = "any" | "absent" | "present" | { readonly revision: number };

export interface Put {
  readonly type: "put";
  readonly key: string;
  readonly value: Uint8Array;
  readonly if: Precondition;
  /** The key is deleted by the store this many seconds after it became durable. */
  readonly ttlSeconds?: number;
}

export interface Delete {
  readonly type: "delete";
  readonly key: string;
  readonly if: Precondition;
}

/** Changes nothing; the transaction is refused unless its precondition holds. */
export interface Check {
  readonly type: "check";
  readonly key: string;
  readonly if: Precondition;
}

export type Operation = Put | Delete | Check;

/** Limits of one transaction; a larger one is refused with `tooLarge`. */
export const MAX_OPERATIONS = 128;
export const MAX_TRANSACTION_BYTES = 1_572_864;

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision of the write that put this value. */
  readonly revision: number;
}

export interface Commit {
  /** The last revision of the transaction. */
  readonly revision: number;
  /** For each operation its revision; 0 for a check and for a delete of an absent key. */
  readonly revisions: readonly number[];
}

export interface StoreEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  /** The new value; absent on delete. */
  readonly value?: Uint8Array;
  /** What the key held before; absent where it held nothing. */
  readonly previous?: Entry;
}

export interface RangeOptions {
  /** Every key that starts with this. */
  readonly prefix: string;
  /** Only keys greater than this one. */
  readonly after?: string;
  readonly limit?: number;
  /** State as of this revision; the newest durable one by default. */
  readonly revision?: number;
}

export interface Range {
  /** In order of their keys (bytewise). */
  readonly entries: readonly Entry[];
  /** The revision of which this is the state. */
  readonly revision: number;
  /** True where `limit` cut the range. */
  readonly more: boolean;
}

export interface WatchOptions {
  readonly prefix: string;
  /** Events with a revision greater than this one. */
  readonly after: number;
  /** Called with one or more events, in revision order, never two calls at once. Must not throw. */
  readonly onEvents: (events: readonly StoreEvent[]) => void;
  /** The watch is over: `compacted` where `after` is too old, `closed` where the store went away. Not called after `stop`. */
  readonly onEnd: (error: StoreError) => void;
}

export interface Watch {
  /** Idempotent; no call follows. */
  stop(): void;
}

/** A value at once where the backend has it in the process (embedded), a promise where it does not (etcd). */
export type MaybePromise<T> = T | Promise<T>;

export interface Store {
  /** The newest durable revision; 0 in an empty store. */
  revision(): MaybePromise<number>;
  /** The oldest revision whose state can still be read. */
  compactedRevision(): MaybePromise<number>;
  /**
   * Throws StoreError: `conflict` where a precondition does not hold, `tooLarge`, `full` (no space: nothing was written, reads go
   * on), `closed`.
   */
  commit(operations: readonly Operation[]): Promise<Commit>;
  get(key: string): MaybePromise<Entry | undefined>;
  range(options: RangeOptions): MaybePromise<Range>;
  /** How many keys start with `prefix`, now. */
  count(prefix: string): MaybePromise<number>;
  watch(options: WatchOptions): Watch;
  /** Forgets what was before `revision`, in small steps. Resolves when done. Revisions beyond the newest are an error. */
  compact(revision: number): Promise<void>;
  /** Bytes in use, for metrics and for the decision to compact the file. */
  sizeBytes(): MaybePromise<number>;
  /** Waits for accepted transactions, then lets go of everything. Idempotent. */
  close(): Promise<void>;
}

export type StoreErrorReason = "conflict" | "tooLarge" | "full" | "compacted" | "closed" | "damaged" | "locked" | "unavailable";

/** Each reason is documented where it is thrown; one place in the API server maps them to `Status`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly reason: StoreErrorReason;
  /** For `conflict`: the index of the refused operation, and what the key held then. */
  readonly operation: number | undefined;
  readonly actual: Entry | undefined;

  constructor(
    reason: StoreErrorReason,
    message: string,
    more: { operation?: number; actual?: Entry | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.reason = reason;
    this.operation = more.operation;
    this.actual = more.actual;
  }
}

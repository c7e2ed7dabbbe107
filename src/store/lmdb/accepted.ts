/**
 * The last accepted state: what the database holds, overlaid with what was accepted and is not durable yet. Preconditions are
 * checked against it, and revisions given out, in one synchronous step.
 */
import type { Commit, Entry, Operation, StoreError } from "../store.ts";
import { conflict, holds } from "../transaction.ts";
import type { Reader } from "./reader.ts";

/** One accepted change of one key. */
export interface Change {
  readonly key: string;
  readonly revision: number;
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined;
  /** The record that this one replaces, a delete included; 0 where there is none. */
  readonly replaced: number;
  readonly previous: Entry | undefined;
  readonly ttlSeconds: number | undefined;
}

export type Acceptance =
  | { readonly accepted: true; readonly changes: readonly Change[]; readonly commit: Commit }
  /** `pending`: the state that the refusal rests on is not durable yet. */
  | { readonly accepted: false; readonly refusal: StoreError; readonly pending: boolean };

export interface AcceptedState {
  readonly newest: number;
  /** Of the value that `key` holds; 0 where it holds none. */
  revisionOf(key: string): number;
  accept(operations: readonly Operation[]): Acceptance;
  /** These are in the database now. */
  settle(changes: readonly Change[]): void;
  /** Forgets everything that was accepted after `durable`. */
  forget(durable: number): void;
}

interface Head {
  /** Of the newest record, a delete included; 0 where there is none. */
  readonly revision: number;
  readonly entry: Entry | undefined;
}

export function acceptedState(reader: Reader, durable: number): AcceptedState {
  const overlay = new Map<string, Head>();
  let newest = durable;

  function head(key: string): Head {
    const pending = overlay.get(key);
    if (pending !== undefined) return pending;
    const { revision, live } = reader.head(key);
    return { revision, entry: live ? reader.entry(key, revision) : undefined };
  }

  return {
    get newest() {
      return newest;
    },
    revisionOf: (key) => head(key).entry?.revision ?? 0,
    accept(operations) {
      const heads = operations.map((operation) => head(operation.key));
      for (const [index, operation] of operations.entries()) {
        const actual = heads[index]?.entry;
        if (holds(operation.if, actual)) continue;
        return { accepted: false, refusal: conflict(operation, index, actual), pending: overlay.has(operation.key) };
      }
      const changes: Change[] = [];
      const revisions = operations.map((operation, index) => {
        const before = heads[index];
        if (operation.type === "check" || (operation.type === "delete" && before?.entry === undefined)) return 0;
        const revision = ++newest;
        const value = operation.type === "put" ? operation.value : undefined;
        const ttlSeconds = operation.type === "put" ? operation.ttlSeconds : undefined;
        changes.push({
          key: operation.key,
          revision,
          value,
          replaced: before?.revision ?? 0,
          previous: before?.entry,
          ttlSeconds,
        });
        overlay.set(operation.key, { revision, entry: value && { key: operation.key, value, revision } });
        return revision;
      });
      return { accepted: true, changes, commit: { revision: newest, revisions } };
    },
    settle(changes) {
      for (const { key, revision } of changes) if (overlay.get(key)?.revision === revision) overlay.delete(key);
    },
    forget(durableRevision) {
      overlay.clear();
      newest = durableRevision;
    },
  };
}

/** What every embedded backend asks of a transaction before it is accepted. Pure. */
import { assert } from "../base/assert.ts";
import { checkKey, MAX_KEY_BYTES } from "./keys.ts";
import { type Entry, MAX_OPERATIONS, MAX_TRANSACTION_BYTES, type Operation, type Precondition, StoreError } from "./store.ts";

/** Throws `tooLarge`. That a key is written twice in one transaction is our own mistake, as it is on etcd. */
export function checkSize(operations: readonly Operation[]): void {
  if (operations.length > MAX_OPERATIONS) {
    throw new StoreError("tooLarge", `a transaction has ${operations.length} operations; at most ${MAX_OPERATIONS} are allowed`);
  }
  let bytes = 0;
  const written = operations.length > 1 ? new Set<string>() : undefined;
  for (const operation of operations) {
    checkKey(operation.key);
    // A unit of UTF-16 is at most three bytes of UTF-8, so short keys need no closer look.
    if (operation.key.length * 3 > MAX_KEY_BYTES && new TextEncoder().encode(operation.key).length > MAX_KEY_BYTES) {
      throw new StoreError("tooLarge", `a key of ${operation.key.length} characters is too long: ${operation.key.slice(0, 80)}…`);
    }
    bytes += operation.key.length + (operation.type === "put" ? operation.value.length : 0);
    if (operation.type === "check" || written === undefined) continue;
    assert(!written.has(operation.key), `a transaction writes ${operation.key} twice`);
    written.add(operation.key);
  }
  if (bytes > MAX_TRANSACTION_BYTES) {
    throw new StoreError("tooLarge", `a transaction has ${bytes} bytes; at most ${MAX_TRANSACTION_BYTES} are allowed`);
  }
}

export function holds(condition: Precondition, actual: Entry | undefined): boolean {
  if (condition === "any") return true;
  if (condition === "absent") return actual === undefined;
  if (condition === "present") return actual !== undefined;
  return actual?.revision === condition.revision;
}

/** The refusal of operation `index`; `actual` is what its key held. */
export function conflict(operation: Operation, index: number, actual: Entry | undefined): StoreError {
  const found = actual === undefined ? "is not there" : `is at revision ${actual.revision}`;
  const asked = typeof operation.if === "string" ? operation.if : `at revision ${operation.if.revision}`;
  return new StoreError("conflict", `${operation.key} ${found}, not ${asked}`, { operation: index, actual });
}

/**
 * Encodings of stored objects that are asked for again and again: protobuf, which informers list and watch. Kept by what the record
 * is, within a budget of bytes; the oldest go first, and what is not kept is encoded again.
 *
 * A record never changes, so what was made of it never gets old: records that nobody holds any more go with their encodings.
 */
import type { Stored } from "./representation.ts";

export interface Encodings {
  /** What `encode` made of `stored` before, or makes now. `signature` tells different encodings of one record apart. */
  of(stored: Stored, signature: string, encode: (stored: Stored) => Uint8Array): Uint8Array;
  /** Bytes that are kept at most: for tests and metrics. */
  readonly keptBytes: number;
}

/** Room for the encodings of about ten thousand Pods. */
const ENCODINGS_BUDGET_BYTES = 24 * 1024 * 1024;

interface Kept {
  /** At which the object is shown: one that is deleted, or leaves a selection, is shown at another than it was written at. */
  revision: number;
  bytes: Uint8Array;
}

type BySignature = Map<string, Kept>;

/** Half of the budget is filled while the other half, filled before, is still read: forgetting costs nothing per entry. */
export function encodings(budgetBytes = ENCODINGS_BUDGET_BYTES): Encodings {
  let young = new WeakMap<Uint8Array, BySignature>();
  let old = new WeakMap<Uint8Array, BySignature>();
  let youngBytes = 0;
  let oldBytes = 0;

  function keep({ record, revision }: Stored, signature: string, bytes: Uint8Array): void {
    if (youngBytes + bytes.length > budgetBytes / 2) {
      old = young;
      oldBytes = youngBytes;
      young = new WeakMap();
      youngBytes = 0;
    }
    let kept = young.get(record);
    if (kept === undefined) {
      kept = new Map();
      young.set(record, kept);
    }
    kept.set(signature, { revision, bytes });
    youngBytes += bytes.length;
  }

  function find(from: WeakMap<Uint8Array, BySignature>, { record, revision }: Stored, signature: string): Uint8Array | undefined {
    const kept = from.get(record)?.get(signature);
    return kept?.revision === revision ? kept.bytes : undefined;
  }

  return {
    get keptBytes() {
      return youngBytes + oldBytes;
    },
    of(stored, signature, encode) {
      const known = find(young, stored, signature);
      if (known !== undefined) return known;
      const bytes = find(old, stored, signature) ?? encode(stored);
      keep(stored, signature, bytes);
      return bytes;
    },
  };
}

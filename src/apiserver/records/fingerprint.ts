/**
 * Which schema a record was written with. A record of another one is parsed, completed with today's defaults and written anew before
 * anybody reads it, so that all others may copy its bytes.
 */
import { normalise } from "../../api/decode/index.ts";
import { schemaTables } from "../../api/generated/schemas.ts";
import type { AnyResource } from "../../api/row.ts";
import { decodeRecord, encodeRecord, recordHeader } from "./record.ts";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

function hash(text: string, from = FNV_OFFSET): number {
  let value = from;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  return value >>> 0;
}

let builtIn: number | undefined;

/** Built-in types refer to each other across groups, so all of them count for each. */
const builtInHash = (): number => {
  builtIn ??= Object.values(schemaTables).reduce((value, text) => hash(text, value), FNV_OFFSET);
  return builtIn;
};

const known = new WeakMap<AnyResource, number>();

export function fingerprintOf(row: AnyResource): number {
  let value = known.get(row);
  if (value === undefined) {
    value = hash(`${row.apiVersion}/${row.kind}`, row.typed ? builtInHash() : FNV_OFFSET);
    known.set(row, value);
  }
  return value;
}

/** The record as today's schema writes it: `record` itself where it is of that schema. */
export function currentRecord(row: AnyResource, record: Uint8Array, revision: number): Uint8Array {
  const fingerprint = fingerprintOf(row);
  if (recordHeader(record).fingerprint === fingerprint) return record;
  const { object } = normalise({ row, value: decodeRecord(record, revision, row), fieldValidation: "Ignore" });
  return encodeRecord(object, fingerprint);
}

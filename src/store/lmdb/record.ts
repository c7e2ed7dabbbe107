/**
 * A record of the log: one change of one key.
 *
 *   0      kind: 1 put, 2 delete
 *   1      zero
 *   2..4   length of the key, big endian
 *   4..10  revision of the record that this one replaced; 0 where there was none
 *   10..16 zero
 *   16..   the key in UTF-8, then the value
 *
 * Records of a key form a chain through what they replaced, so the state as of an older revision is found by following it.
 */
import { EMPTY } from "../../base/bytes.ts";

export interface LogRecord {
  readonly kind: "put" | "delete";
  /** The revision of the record that this one replaced, a delete included; 0 where there was none. */
  readonly replaced: number;
  readonly key: string;
  /** Empty for a delete. */
  readonly value: Uint8Array;
}

const HEADER_BYTES = 16;
const PUT = 1;
const DELETE = 2;

export const recordBytes = (keyBytes: number, valueBytes: number): number => HEADER_BYTES + keyBytes + valueBytes;

/** Revisions take 6 bytes: at a million writes a second they last nine years, and they stay exact integers. */
export function writeRevision(target: Buffer, revision: number, offset: number): number {
  return target.writeUIntBE(revision, offset, 6);
}

export function readRevision(source: Uint8Array, offset: number): number {
  const high = ((source[offset] ?? 0) << 8) | (source[offset + 1] ?? 0);
  const byte = source[offset + 2] ?? 0;
  const low = ((source[offset + 3] ?? 0) << 16) | ((source[offset + 4] ?? 0) << 8) | (source[offset + 5] ?? 0);
  return (high * 256 + byte) * 2 ** 24 + low;
}

/** Writes the record at `offset` and gives the offset behind it. */
export function writeRecord(target: Buffer, offset: number, record: LogRecord): number {
  const keyLength = target.write(record.key, offset + HEADER_BYTES, "utf8");
  target.fill(0, offset, offset + HEADER_BYTES);
  target[offset] = record.kind === "put" ? PUT : DELETE;
  target.writeUInt16BE(keyLength, offset + 2);
  writeRevision(target, record.replaced, offset + 4);
  const valueAt = offset + HEADER_BYTES + keyLength;
  target.set(record.value, valueAt);
  return valueAt + record.value.length;
}

/** Everything but the value: for walks along the chain. */
export interface RecordHead {
  readonly kind: "put" | "delete";
  readonly replaced: number;
  readonly key: string;
  /** Bytes of the whole record. */
  readonly bytes: number;
}

/** `source` may be a buffer that is used again: nothing of it is kept. Undefined where these bytes are no record. */
export function readHead(source: Uint8Array, length: number): RecordHead | undefined {
  const kind = source[0] === PUT ? "put" : source[0] === DELETE ? "delete" : undefined;
  const keyLength = ((source[2] ?? 0) << 8) | (source[3] ?? 0);
  if (kind === undefined || length < HEADER_BYTES + keyLength) return undefined;
  const key = Buffer.from(source.buffer, source.byteOffset + HEADER_BYTES, keyLength).toString("utf8");
  return { kind, replaced: readRevision(source, 4), key, bytes: length };
}

/** A copy of the value, for who knows the key already; undefined where these bytes are no record. */
export function readValue(source: Uint8Array, length: number): Uint8Array | "deleted" | undefined {
  const start = HEADER_BYTES + (((source[2] ?? 0) << 8) | (source[3] ?? 0));
  if (length < start) return undefined;
  if (source[0] === DELETE) return "deleted";
  if (source[0] !== PUT) return undefined;
  const value = new Uint8Array(length - start);
  value.set(source.subarray(start, length));
  return value;
}

/** All of it, with a copy of the value. */
export function readRecord(source: Uint8Array, length: number): LogRecord | undefined {
  const head = readHead(source, length);
  const value = readValue(source, length);
  if (head === undefined || value === undefined) return undefined;
  return { kind: head.kind, replaced: head.replaced, key: head.key, value: value === "deleted" ? EMPTY : value };
}

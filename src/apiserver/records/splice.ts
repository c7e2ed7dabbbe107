/**
 * Writes JSON answers by copying stored bytes: prefix, record, revision. Large answers come out as a few large chunks, so that
 * neither the socket sees thousands of small writes nor one allocation holds everything.
 */
import { encodeUtf8 } from "../../base/bytes.ts";
import { HEADER_BYTES, versionPosition } from "./record.ts";

const VERSION_KEY = encodeUtf8(',"resourceVersion":"');
const QUOTE = 0x22;
const ZERO = 0x30;
/** Digits of 2^53. */
const MAX_DIGITS = 16;
const CHUNK_BYTES = 512 * 1024;

/** The most that `revision` and its key take. */
const VERSION_BYTES = VERSION_KEY.length + MAX_DIGITS + 1;

function digitsOf(value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return digits;
}

function writeVersion(target: Uint8Array, offset: number, revision: number): number {
  target.set(VERSION_KEY, offset);
  const start = offset + VERSION_KEY.length;
  const end = start + digitsOf(revision);
  let rest = revision;
  for (let index = end - 1; index >= start; index--) {
    target[index] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  target[end] = QUOTE;
  return end + 1;
}

/** Writes the object at `offset`; gives the offset behind it. The JSON's own opening brace is part of `prefix`. */
function writeObject(target: Uint8Array, offset: number, prefix: Uint8Array, record: Uint8Array, revision: number): number {
  const position = versionPosition(record);
  target.set(prefix, offset);
  let at = offset + prefix.length;
  target.set(record.subarray(HEADER_BYTES + 1, position), at);
  at = writeVersion(target, at + position - HEADER_BYTES - 1, revision);
  target.set(record.subarray(position), at);
  return at + record.length - position;
}

/** One object with everything around it: `before` + object + `after`. */
export function spliceObject(
  record: Uint8Array,
  revision: number,
  prefix: Uint8Array,
  around?: { before: Uint8Array; after: Uint8Array },
): Uint8Array {
  const before = around?.before.length ?? 0;
  const length =
    before +
    prefix.length +
    (record.length - HEADER_BYTES - 1) +
    VERSION_KEY.length +
    digitsOf(revision) +
    1 +
    (around?.after.length ?? 0);
  const bytes = new Uint8Array(length);
  if (around) bytes.set(around.before, 0);
  const end = writeObject(bytes, before, prefix, record, revision);
  if (around) bytes.set(around.after, end);
  return bytes;
}

/** Collects bytes into chunks. Nothing written is changed afterwards, so chunks may be handed on while more follow. */
export interface ChunkWriter {
  bytes(part: Uint8Array): void;
  object(record: Uint8Array, revision: number, prefix: Uint8Array): void;
  /** All chunks, in order. The writer is used up. */
  finish(): Uint8Array[];
}

export function chunkWriter(expectedBytes = CHUNK_BYTES): ChunkWriter {
  const chunks: Uint8Array[] = [];
  let chunk = new Uint8Array(Math.max(1024, Math.min(expectedBytes, CHUNK_BYTES)));
  let used = 0;
  const reserve = (size: number): void => {
    if (used + size <= chunk.length) return;
    if (used > 0) chunks.push(chunk.subarray(0, used));
    chunk = new Uint8Array(Math.max(size, CHUNK_BYTES));
    used = 0;
  };
  return {
    bytes(part) {
      reserve(part.length);
      chunk.set(part, used);
      used += part.length;
    },
    object(record, revision, prefix) {
      reserve(prefix.length + record.length + VERSION_BYTES);
      used = writeObject(chunk, used, prefix, record, revision);
    },
    finish() {
      if (used > 0) chunks.push(chunk.subarray(0, used));
      return chunks;
    },
  };
}

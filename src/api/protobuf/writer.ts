/**
 * A growing buffer that messages are written into, front to back. A nested message reserves one byte for its length; where it turns
 * out longer, its bytes are moved once. One writer serves all encodings: encoding is synchronous and never nested.
 */
import { decodeBase64 } from "../../base/bytes.ts";

export interface Writer {
  bytes: Uint8Array;
  at: number;
}

const encoder = new TextEncoder();
const INITIAL_BYTES = 64 * 1024;
/** A buffer that grew beyond this is let go after use. */
const KEPT_BYTES = 4 * 1024 * 1024;
/** Shorter texts are copied here, where a call into the platform would cost more. */
const SHORT_TEXT = 48;

let shared: Writer = { bytes: new Uint8Array(INITIAL_BYTES), at: 0 };

/** What `write` writes, as bytes of its own. */
export function written(write: (writer: Writer) => void): Uint8Array {
  const writer = shared;
  writer.at = 0;
  write(writer);
  const result = writer.bytes.slice(0, writer.at);
  if (writer.bytes.length > KEPT_BYTES) shared = { bytes: new Uint8Array(INITIAL_BYTES), at: 0 };
  return result;
}

function reserve(writer: Writer, count: number): void {
  if (writer.at + count <= writer.bytes.length) return;
  const grown = new Uint8Array(Math.max(writer.bytes.length * 2, writer.at + count));
  grown.set(writer.bytes.subarray(0, writer.at));
  writer.bytes = grown;
}

/** A number below 2^53, not negative. */
export function writeVarint(writer: Writer, value: number): void {
  reserve(writer, 10);
  const { bytes } = writer;
  let rest = value;
  while (rest > 0x7f) {
    bytes[writer.at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[writer.at++] = rest;
}

/** An int32 or int64: negative numbers take ten bytes, as two's complement of 64 bits. `value` may be a raw JSON number. */
export function writeInteger(writer: Writer, value: unknown): void {
  if (typeof value === "number" && value >= 0) return writeVarint(writer, value);
  if (typeof value === "boolean") return writeVarint(writer, value ? 1 : 0);
  if (value === undefined || value === null) return writeVarint(writer, 0);
  let rest = BigInt.asUintN(64, BigInt(typeof value === "number" ? value : JSON.stringify(value)));
  reserve(writer, 10);
  while (rest > 0x7fn) {
    writer.bytes[writer.at++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  writer.bytes[writer.at++] = Number(rest);
}

export function writeText(writer: Writer, text: string): void {
  const { length } = text;
  reserve(writer, length * 3 + 5);
  if (length < SHORT_TEXT && writeAscii(writer, text)) return;
  const start = open(writer);
  writer.at += encoder.encodeInto(text, writer.bytes.subarray(writer.at)).written;
  close(writer, start);
}

/** False, with nothing written, where a character is not ASCII. */
function writeAscii(writer: Writer, text: string): boolean {
  const { bytes, at } = writer;
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    bytes[at + 1 + index] = code;
  }
  bytes[at] = length;
  writer.at = at + 1 + length;
  return true;
}

export function writeBytes(writer: Writer, bytes: Uint8Array): void {
  writeVarint(writer, bytes.length);
  writeRaw(writer, bytes);
}

export function writeRaw(writer: Writer, bytes: Uint8Array): void {
  reserve(writer, bytes.length);
  writer.bytes.set(bytes, writer.at);
  writer.at += bytes.length;
}

export const writeBase64 = (writer: Writer, text: string): void => writeBytes(writer, decodeBase64(text));

const scratch = new DataView(new ArrayBuffer(8));

export function writeDouble(writer: Writer, value: number): void {
  reserve(writer, 8);
  scratch.setFloat64(0, value, true);
  for (let index = 0; index < 8; index++) writer.bytes[writer.at++] = scratch.getUint8(index);
}

/** Starts something that its length precedes; gives what `close` needs. */
export function open(writer: Writer): number {
  reserve(writer, 1);
  return writer.at++;
}

/** Writes the length of what came since `open`. */
export function close(writer: Writer, start: number): void {
  const length = writer.at - start - 1;
  if (length < 0x80) {
    writer.bytes[start] = length;
    return;
  }
  let extra = 1;
  for (let rest = length >>> 14; rest > 0; rest >>>= 7) extra++;
  reserve(writer, extra);
  writer.bytes.copyWithin(start + 1 + extra, start + 1, writer.at);
  writer.at = start;
  writeVarint(writer, length);
  writer.at += length;
}

/** Reads messages out of bytes that a stranger sent: everything that does not fit is a ProtobufError. */
import { decodeUtf8 } from "../../base/bytes.ts";

export interface Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
}

export class ProtobufError extends Error {
  override readonly name = "ProtobufError";
}

const END = "unexpected EOF";
export const MAX_NESTING = 200;

export const readerOf = (bytes: Uint8Array): Reader => ({ bytes, at: 0, end: bytes.length });

/** A varint as a number; beyond 2^53 it is inexact, which tags and lengths never are. */
export function readVarint(reader: Reader): number {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 10; count++) {
    if (reader.at >= reader.end) throw new ProtobufError(END);
    const byte = reader.bytes[reader.at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 128;
  }
  throw new ProtobufError("proto: integer overflow");
}

/** A signed integer of 64 bits, exactly. */
function readBigInteger(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (reader.at >= reader.end) throw new ProtobufError(END);
    const byte = reader.bytes[reader.at++]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, value);
  }
  throw new ProtobufError("proto: integer overflow");
}

interface RawJson {
  rawJSON?(text: string): unknown;
}

/** A number, or a raw JSON number where a double would lose digits. */
export function readInteger(reader: Reader): unknown {
  const start = reader.at;
  const value = readVarint(reader);
  if (Number.isSafeInteger(value)) return value;
  reader.at = start;
  const exact = readBigInteger(reader);
  const near = Number(exact);
  return Number.isSafeInteger(near) ? near : ((JSON as RawJson).rawJSON?.(String(exact)) ?? near);
}

export const readInt32 = (reader: Reader): number => Number(BigInt.asIntN(32, readBigInteger(reader)));

/** The bytes of a length-delimited value, as a view. */
export function readBytes(reader: Reader): Uint8Array {
  const length = readVarint(reader);
  const start = reader.at;
  if (start + length > reader.end) throw new ProtobufError(END);
  reader.at = start + length;
  return reader.bytes.subarray(start, reader.at);
}

/** Texts up to here are put together from their characters: a call into the platform would cost more. */
const SHORT_TEXT = 24;

export function readText(reader: Reader): string {
  const length = readVarint(reader);
  const start = reader.at;
  const end = start + length;
  if (end > reader.end) throw new ProtobufError(END);
  reader.at = end;
  if (length > SHORT_TEXT) return decodeUtf8(reader.bytes.subarray(start, end));
  let text = "";
  for (let index = start; index < end; index++) {
    const byte = reader.bytes[index]!;
    if (byte > 0x7f) return decodeUtf8(reader.bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/** A reader of the nested message that comes next. */
export function readMessage(reader: Reader): Reader {
  const length = readVarint(reader);
  const start = reader.at;
  if (start + length > reader.end) throw new ProtobufError(END);
  reader.at = start + length;
  return { bytes: reader.bytes, at: start, end: reader.at };
}

export function readDouble(reader: Reader): number {
  if (reader.at + 8 > reader.end) throw new ProtobufError(END);
  const view = new DataView(reader.bytes.buffer, reader.bytes.byteOffset + reader.at, 8);
  reader.at += 8;
  return view.getFloat64(0, true);
}

function skip(reader: Reader, wireType: number): void {
  if (wireType === 0) readVarint(reader);
  else if (wireType === 1) reader.at += 8;
  else if (wireType === 2) readBytes(reader);
  else if (wireType === 5) reader.at += 4;
  else throw new ProtobufError(`proto: illegal wireType ${wireType}`);
  if (reader.at > reader.end) throw new ProtobufError(END);
}

/** Calls `visit` for each field; it must consume the value, or return false to have it skipped. */
export function eachField(reader: Reader, visit: (number: number, wireType: number) => boolean): void {
  while (reader.at < reader.end) {
    const tag = readVarint(reader);
    const number = Math.floor(tag / 8);
    if (number === 0) throw new ProtobufError("proto: illegal tag 0");
    if (!visit(number, tag % 8)) skip(reader, tag % 8);
  }
}

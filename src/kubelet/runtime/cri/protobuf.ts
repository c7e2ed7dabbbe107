/**
 * The protobuf wire format for messages that are described by a table of field numbers: as much of proto3 as the CRI uses.
 *
 * - A message is decoded whole: absent scalars are zero, absent lists and maps empty, absent messages undefined, unknown fields skipped.
 * - Zero values are not sent. A message that is present is sent even where it is empty.
 * - 64-bit integers are JavaScript numbers. Beyond 2^53 they lose their last digits, which are nanoseconds of a time of day here.
 *
 * https://protobuf.dev/programming-guides/encoding/
 */
import { concatBytes, decodeUtf8, EMPTY, encodeUtf8 } from "../../../base/bytes.ts";

type Scalar = "string" | "bytes" | "bool" | "integer" | "double";
interface ScalarTypes {
  string: string;
  bytes: Uint8Array;
  bool: boolean;
  integer: number;
  double: number;
}

type Field =
  | { readonly number: number; readonly kind: "scalar"; readonly type: Scalar }
  | { readonly number: number; readonly kind: "list"; readonly type: "string" | "integer" }
  | { readonly number: number; readonly kind: "map" }
  | { readonly number: number; readonly kind: "message" | "messages"; readonly of: () => Message<Fields> };

export type Fields = Readonly<Record<string, Field>>;

export interface Message<F extends Fields> {
  readonly fields: F;
  readonly byNumber: ReadonlyMap<number, readonly [name: string, field: Field]>;
  /** What a message without any field is; copied for every one that is decoded. */
  readonly zero: Readonly<Record<string, unknown>>;
}

/** What decoding a message gives. */
export type Decoded<M> = M extends Message<infer F> ? { [K in keyof F]: DecodedField<F[K]> } : never;
type DecodedField<F> = F extends { kind: "scalar"; type: infer T extends Scalar }
  ? ScalarTypes[T]
  : F extends { kind: "list"; type: infer T extends Scalar }
    ? ScalarTypes[T][]
    : F extends { kind: "map" }
      ? Record<string, string>
      : F extends { kind: "message"; of: () => infer M }
        ? Decoded<M> | undefined
        : F extends { kind: "messages"; of: () => infer M }
          ? Decoded<M>[]
          : never;

/** What can be encoded: every field may be left out. */
export type Encodable<M> = M extends Message<infer F> ? { readonly [K in keyof F]?: EncodableField<F[K]> | undefined } : never;
type EncodableField<F> = F extends { kind: "scalar"; type: infer T extends Scalar }
  ? ScalarTypes[T]
  : F extends { kind: "list"; type: infer T extends Scalar }
    ? readonly ScalarTypes[T][]
    : F extends { kind: "map" }
      ? Readonly<Record<string, string>>
      : F extends { kind: "message"; of: () => infer M }
        ? Encodable<M>
        : F extends { kind: "messages"; of: () => infer M }
          ? readonly Encodable<M>[]
          : never;

const scalar = <T extends Scalar>(number: number, type: T) => ({ number, kind: "scalar", type }) as const;
export const string = (number: number) => scalar(number, "string");
export const bytes = (number: number) => scalar(number, "bytes");
export const bool = (number: number) => scalar(number, "bool");
/** int32, int64, uint32, uint64 and every enum: all the same on the wire. */
export const integer = (number: number) => scalar(number, "integer");
export const double = (number: number) => scalar(number, "double");
export const strings = (number: number) => ({ number, kind: "list", type: "string" }) as const;
export const integers = (number: number) => ({ number, kind: "list", type: "integer" }) as const;
/** map<string, string> */
export const map = (number: number) => ({ number, kind: "map" }) as const;
export const one = <M>(number: number, of: () => M) => ({ number, kind: "message", of }) as const;
export const many = <M>(number: number, of: () => M) => ({ number, kind: "messages", of }) as const;

const ZERO: ScalarTypes = { string: "", bytes: EMPTY, bool: false, integer: 0, double: 0 };

export function message<F extends Fields>(fields: F): Message<F> {
  const entries = Object.entries(fields);
  return {
    fields,
    byNumber: new Map(entries.map(([name, field]) => [field.number, [name, field]])),
    zero: Object.fromEntries(entries.map(([name, field]) => [name, field.kind === "scalar" ? ZERO[field.type] : undefined])),
  };
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** The key and value of a map's entry are its fields 1 and 2. */
const ENTRY = message({ key: string(1), value: string(2) });

export function encode<M extends Message<Fields>>(type: M, value: Encodable<M>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, field] of Object.entries(type.fields)) {
    const item = (value as Readonly<Record<string, unknown>>)[name];
    if (item !== undefined) encodeField(parts, field, item);
  }
  return concatBytes(parts);
}

function encodeField(parts: Uint8Array[], field: Field, item: unknown): void {
  const put = (content: Uint8Array): void => {
    parts.push(varint(field.number * 8 + LENGTH), varint(content.length), content);
  };
  switch (field.kind) {
    case "scalar":
      if (item !== ZERO[field.type]) encodeScalar(parts, field.number, field.type, item);
      return;
    case "list":
      if (field.type === "string") for (const text of item as readonly string[]) put(encodeUtf8(text));
      else if ((item as readonly number[]).length > 0) put(concatBytes((item as readonly number[]).map(varint)));
      return;
    case "map":
      for (const [key, text] of Object.entries(item as Record<string, string>)) put(encode(ENTRY, { key, value: text }));
      return;
    case "message":
      put(encode(field.of(), item as Encodable<Message<Fields>>));
      return;
    case "messages":
      for (const each of item as readonly Encodable<Message<Fields>>[]) put(encode(field.of(), each));
  }
}

function encodeScalar(parts: Uint8Array[], number: number, type: Scalar, item: unknown): void {
  if (type === "bool" || type === "integer") {
    parts.push(varint(number * 8 + VARINT), varint(Number(item)));
  } else if (type === "double") {
    const content = new Uint8Array(8);
    new DataView(content.buffer).setFloat64(0, item as number, true);
    parts.push(varint(number * 8 + FIXED64), content);
  } else {
    const content = type === "string" ? encodeUtf8(item as string) : (item as Uint8Array);
    if (content.length > 0) parts.push(varint(number * 8 + LENGTH), varint(content.length), content);
  }
}

function varint(value: number): Uint8Array {
  if (value >= 0 && value < 0x80) return Uint8Array.of(value);
  const octets: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  while (rest >= 0x80n) {
    octets.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  octets.push(Number(rest));
  return Uint8Array.from(octets);
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** Throws a RangeError where the bytes end too early. */
export function decode<M extends Message<Fields>>(type: M, content: Uint8Array): Decoded<M> {
  const result: Record<string, unknown> = { ...type.zero };
  for (const [name, field] of Object.entries(type.fields)) {
    if (field.kind === "list" || field.kind === "messages") result[name] = [];
    else if (field.kind === "map") result[name] = {};
  }
  const reader: Reader = { bytes: content, at: 0 };
  while (reader.at < content.length) {
    const key = readVarint(reader);
    const known = type.byNumber.get(Math.floor(key / 8));
    if (known === undefined) skip(reader, key % 8);
    else decodeField(reader, known[1], result, known[0], key % 8);
  }
  return result as Decoded<M>;
}

function decodeField(reader: Reader, field: Field, result: Record<string, unknown>, name: string, wire: number): void {
  switch (field.kind) {
    case "scalar":
      result[name] = readScalar(reader, field.type);
      return;
    case "list": {
      const list = result[name] as unknown[];
      if (field.type === "string" || wire === VARINT) list.push(readScalar(reader, field.type));
      else {
        const packed: Reader = { bytes: readLength(reader), at: 0 };
        while (packed.at < packed.bytes.length) list.push(readVarint(packed));
      }
      return;
    }
    case "map": {
      const entry = decode(ENTRY, readLength(reader));
      (result[name] as Record<string, string>)[entry.key] = entry.value;
      return;
    }
    case "message":
      result[name] = decode(field.of(), readLength(reader));
      return;
    case "messages":
      (result[name] as unknown[]).push(decode(field.of(), readLength(reader)));
  }
}

function readScalar(reader: Reader, type: Scalar): unknown {
  switch (type) {
    case "bool":
      return readVarint(reader) !== 0;
    case "integer":
      return readVarint(reader);
    case "double": {
      const content = take(reader, 8);
      return new DataView(content.buffer, content.byteOffset).getFloat64(0, true);
    }
    case "string":
      return decodeUtf8(readLength(reader));
    case "bytes":
      return readLength(reader);
  }
}

/** Two's complement of 64 bits: a negative number comes as ten octets. */
function readVarint(reader: Reader): number {
  let low = 0;
  let high = 0;
  for (let shift = 0; ; shift += 7) {
    const octet = reader.bytes[reader.at++];
    if (octet === undefined || shift > 63) throw new RangeError("a protobuf message ends within a number");
    const bits = octet & 0x7f;
    if (shift < 28) low += bits * 2 ** shift;
    else high += bits * 2 ** (shift - 28);
    if (octet < 0x80) break;
  }
  // `low` has 28 bits, `high` the 36 above them.
  return high >= 2 ** 35 ? (high - 2 ** 36) * 2 ** 28 + low : high * 2 ** 28 + low;
}

const readLength = (reader: Reader): Uint8Array => take(reader, readVarint(reader));

function take(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (length < 0 || end > reader.bytes.length) throw new RangeError("a protobuf message ends within a field");
  const content = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return content;
}

function skip(reader: Reader, wire: number): void {
  if (wire === VARINT) readVarint(reader);
  else if (wire === FIXED64) take(reader, 8);
  else if (wire === LENGTH) readLength(reader);
  else if (wire === FIXED32) take(reader, 4);
  else throw new RangeError(`a protobuf message has a field of unknown wire type ${wire}`);
}

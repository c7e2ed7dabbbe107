/**
 * Decoders of the types, compiled from their schemas when first needed: from a message to the JSON shape. Zeros that are on the wire
 * stay; the decode pass, which comes after, knows which of them count.
 */
import { decodeUtf8, encodeBase64 } from "../../base/bytes.ts";
import { type FieldSchema, type ObjectSchema, schemaOf, type ValueKind } from "../schema.ts";
import { formatMicroTime, formatTime } from "../time.ts";
import {
  eachField,
  MAX_NESTING,
  ProtobufError,
  type Reader,
  readBytes,
  readDouble,
  readInt32,
  readInteger,
  readMessage,
  readText,
  readVarint,
} from "./reader.ts";

type Json = Record<string, unknown>;
type Read = (reader: Reader, depth: number) => unknown;

interface DecodedField {
  readonly read: (reader: Reader, into: Json, depth: number) => void;
}

const JSON_SCHEMA_PROPS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

const decoders = new Map<string, (reader: Reader, into: Json, depth: number) => Json>();

/** Reads the fields of a message into an object. */
export function messageDecoder(typeName: string): (reader: Reader, into: Json, depth: number) => Json {
  let decoder = decoders.get(typeName);
  if (decoder === undefined) {
    decoder = compile(schemaOf(typeName));
    decoders.set(typeName, decoder);
  }
  return decoder;
}

function compile(schema: ObjectSchema): (reader: Reader, into: Json, depth: number) => Json {
  let fields: DecodedField[] | undefined;
  return (reader, into, depth) => {
    if (depth > MAX_NESTING) throw new ProtobufError("proto: message nested too deeply");
    fields ??= compileFields(schema);
    const known = fields;
    eachField(reader, (number) => {
      const field = known[number];
      if (field === undefined) return false;
      field.read(reader, into, depth + 1);
      return true;
    });
    return into;
  };
}

function compileFields(schema: ObjectSchema): DecodedField[] {
  const fields: DecodedField[] = [];
  for (const field of schema.ownFields) if (field.number > 0) fields[field.number] = { read: fieldDecoder(field) };
  for (const { number, schema: inner } of schema.inlined)
    fields[number] = { read: (reader, into, depth) => void messageDecoder(inner.name)(readMessage(reader), into, depth) };
  return fields;
}

function fieldDecoder(field: FieldSchema): DecodedField["read"] {
  const { name, container } = field;
  const read = valueDecoder(field);
  if (container === "list")
    return (reader, into, depth) => {
      const list = (into[name] ?? []) as unknown[];
      list.push(read(reader, depth));
      into[name] = list;
    };
  if (container === "map")
    return (reader, into, depth) => {
      const map = (into[name] ?? {}) as Json;
      readEntry(readMessage(reader), map, read, field.kind, depth);
      into[name] = map;
    };
  return (reader, into, depth) => {
    into[name] = read(reader, depth);
  };
}

function readEntry(entry: Reader, map: Json, read: Read, kind: ValueKind, depth: number): void {
  let key = "";
  let value: unknown = kind === "string" || kind === "bytes" ? "" : null;
  eachField(entry, (number) => {
    if (number === 1) key = readText(entry);
    else if (number === 2) value = read(entry, depth);
    else return false;
    return true;
  });
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

function valueDecoder({ kind, typeName }: FieldSchema): Read {
  if (kind !== "struct") return VALUE_DECODERS[kind];
  return (reader, depth) => messageDecoder(typeName)(readMessage(reader), {}, depth);
}

/** Fields of a small message by number; each is read with the reader that stands at its place. */
function readFields(reader: Reader, reads: Readonly<Record<number, (message: Reader) => void>>): void {
  const message = readMessage(reader);
  eachField(message, (number) => {
    const read = reads[number];
    if (read === undefined) return false;
    read(message);
    return true;
  });
}

function readSecondsAndNanos(reader: Reader): { seconds: number; nanos: number; isEmpty: boolean } {
  const time = { seconds: 0, nanos: 0, isEmpty: true };
  readFields(reader, {
    1: (message) => {
      time.seconds = Number(readInteger(message));
      time.isEmpty = false;
    },
    2: (message) => {
      time.nanos = readInt32(message);
      time.isEmpty = false;
    },
  });
  return time;
}

const LARGEST_SECONDS = 253_402_300_799;

const timeDecoder =
  (format: (ms: number, micros: number) => string): Read =>
  (reader) => {
    const { seconds, nanos, isEmpty } = readSecondsAndNanos(reader);
    if (isEmpty) return null;
    if (Math.abs(seconds) > LARGEST_SECONDS) throw new ProtobufError("proto: time out of range");
    const ms = seconds * 1000 + Math.floor(nanos / 1e6);
    return format(ms, Math.floor(nanos / 1000) % 1000);
  };

function readIntOrString(reader: Reader): unknown {
  let type = 0;
  let number = 0;
  let text = "";
  readFields(reader, {
    1: (message) => {
      type = readInt32(message);
    },
    2: (message) => {
      number = readInt32(message);
    },
    3: (message) => {
      text = readText(message);
    },
  });
  return type === 1 ? text : number;
}

/** Raw bytes hold JSON. */
function readRaw(reader: Reader): unknown {
  let value: unknown = null;
  readFields(reader, {
    1: (message) => {
      const text = decodeUtf8(readBytes(message));
      try {
        value = text === "" ? null : (JSON.parse(text) as unknown);
      } catch {
        throw new ProtobufError("proto: raw value is not JSON");
      }
    },
  });
  return value;
}

function readStrings(reader: Reader): string[] {
  const list: string[] = [];
  readFields(reader, { 1: (message) => void list.push(readText(message)) });
  return list;
}

function readQuantity(reader: Reader): string {
  let text = "";
  readFields(reader, {
    1: (message) => {
      text = readText(message);
    },
  });
  return text === "" ? "0" : text;
}

const readProps = (message: Reader, depth: number): Json => messageDecoder(JSON_SCHEMA_PROPS)(readMessage(message), {}, depth);

/** A schema at one number, and at another what may stand in its place. */
const schemaOr =
  (schemaNumber: number, otherNumber: number, readOther: (message: Reader, depth: number) => unknown, isList: boolean): Read =>
  (reader, depth) => {
    let schema: Json | undefined;
    let other: unknown = isList ? undefined : false;
    readFields(reader, {
      [schemaNumber]: (message) => {
        schema = readProps(message, depth);
      },
      [otherNumber]: (message) => {
        const value = readOther(message, depth);
        other = isList ? [...((other as unknown[] | undefined) ?? []), value] : value;
      },
    });
    return isList ? (other ?? schema ?? null) : (schema ?? other);
  };

const VALUE_DECODERS: Readonly<Record<ValueKind, Read>> = {
  string: readText,
  int32: readInt32,
  int64: readInteger,
  bool: (reader) => readVarint(reader) !== 0,
  double: readDouble,
  bytes: (reader) => encodeBase64(readBytes(reader)),
  struct: () => null,
  quantity: readQuantity,
  time: timeDecoder((ms) => formatTime(ms)),
  microTime: timeDecoder(formatMicroTime),
  duration: (reader) => void readMessage(reader),
  intOrString: readIntOrString,
  rawExtension: readRaw,
  fieldsV1: readRaw,
  json: readRaw,
  any: readRaw,
  strings: readStrings,
  schemaOrArray: schemaOr(1, 2, readProps, true),
  schemaOrBool: schemaOr(2, 1, (message) => readVarint(message) !== 0, false),
  schemaOrStringArray: schemaOr(1, 2, readText, true),
};

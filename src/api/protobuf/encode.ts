/**
 * Encoders of the types, compiled from their schemas when first needed. What Go writes, this writes: fields by number, zeros of
 * scalars and structs that are no pointers, map entries by key.
 */
import { encodeUtf8 } from "../../base/bytes.ts";
import { type FieldSchema, type ObjectSchema, schemaOf, type ValueKind } from "../schema.ts";
import { timeMs } from "../time.ts";
import {
  close,
  open,
  type Writer,
  writeBase64,
  writeBytes,
  writeDouble,
  writeInteger,
  writeText,
  writeVarint,
} from "./writer.ts";

export type Json = Readonly<Record<string, unknown>>;
type Write = (writer: Writer, value: unknown) => void;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;

const JSON_SCHEMA_PROPS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

const tag = (number: number, wireType: number): number => number * 8 + wireType;

const encoders = new Map<string, (writer: Writer, object: Json) => void>();

/** Writes the fields of a message, without its length. */
export function messageEncoder(typeName: string): (writer: Writer, object: Json) => void {
  let encoder = encoders.get(typeName);
  if (encoder === undefined) {
    encoder = compile(schemaOf(typeName));
    encoders.set(typeName, encoder);
  }
  return encoder;
}

function compile(schema: ObjectSchema): (writer: Writer, object: Json) => void {
  let fields: ((writer: Writer, object: Json) => void)[] | undefined;
  return (writer, object) => {
    fields ??= compileFields(schema);
    for (const write of fields) write(writer, object);
  };
}

function compileFields(schema: ObjectSchema): ((writer: Writer, object: Json) => void)[] {
  const own = schema.ownFields
    .filter(({ number }) => number > 0)
    .map((field) => ({ number: field.number, write: fieldEncoder(field) }));
  const inlined = schema.inlined.map(({ number, schema: inner }) => {
    const write = nested((writer, value) => messageEncoder(inner.name)(writer, value as Json));
    return {
      number,
      write: (writer: Writer, object: Json) => {
        writeVarint(writer, tag(number, DELIMITED));
        write(writer, object);
      },
    };
  });
  return [...own, ...inlined].sort((a, b) => a.number - b.number).map(({ write }) => write);
}

function fieldEncoder(field: FieldSchema): (writer: Writer, object: Json) => void {
  const { name, number, container, pointer, kind } = field;
  const write = valueEncoder(field);
  const head = tag(number, wireTypeOf(kind));
  if (container === "list") return listEncoder(name, head, write);
  if (container === "map") return mapEncoder(name, tag(number, DELIMITED), write, wireTypeOf(kind));
  const optional = pointer || kind === "bytes" || kind === "strings" || NIL_KINDS.has(kind);
  return (writer, object) => {
    const value = object[name];
    if (optional && (value === undefined || value === null)) return;
    writeVarint(writer, head);
    write(writer, value);
  };
}

/** Values that are a message of raw bytes, which Go leaves empty rather than out. */
const NIL_KINDS: ReadonlySet<ValueKind> = new Set(["fieldsV1"]);

function listEncoder(name: string, head: number, write: Write): (writer: Writer, object: Json) => void {
  return (writer, object) => {
    const list = object[name] as readonly unknown[] | null | undefined;
    if (!list) return;
    for (const element of list) {
      writeVarint(writer, head);
      write(writer, element);
    }
  };
}

function mapEncoder(name: string, head: number, write: Write, wireType: number): (writer: Writer, object: Json) => void {
  const valueHead = tag(2, wireType);
  return (writer, object) => {
    const map = object[name] as Json | null | undefined;
    if (!map) return;
    for (const key of Object.keys(map).sort()) {
      writeVarint(writer, head);
      const start = open(writer);
      writeVarint(writer, tag(1, DELIMITED));
      writeText(writer, key);
      writeVarint(writer, valueHead);
      write(writer, map[key]);
      close(writer, start);
    }
  };
}

const wireTypeOf = (kind: ValueKind): number =>
  kind === "int32" || kind === "int64" || kind === "bool" ? VARINT : kind === "double" ? FIXED64 : DELIMITED;

const nested =
  (write: Write): Write =>
  (writer, value) => {
    const start = open(writer);
    write(writer, value);
    close(writer, start);
  };

function valueEncoder({ kind, typeName }: FieldSchema): Write {
  if (kind !== "struct") return VALUE_ENCODERS[kind];
  return nested((writer, value) => messageEncoder(typeName)(writer, (value ?? EMPTY) as Json));
}

const EMPTY: Json = {};

const writeStringField = (writer: Writer, number: number, text: string): void => {
  writeVarint(writer, tag(number, DELIMITED));
  writeText(writer, text);
};

const writeIntegerField = (writer: Writer, number: number, value: unknown): void => {
  writeVarint(writer, tag(number, VARINT));
  writeInteger(writer, value);
};

/** Seconds and nanoseconds; the zero time is an empty message. */
const timeEncoder = nested((writer, value) => {
  if (typeof value !== "string") return;
  const ms = timeMs(value);
  writeIntegerField(writer, 1, Math.floor(ms / 1000));
  const micros = /\.(\d{6})/.exec(value)?.[1];
  writeIntegerField(writer, 2, micros === undefined ? 0 : Number(micros) * 1000);
});

const intOrStringEncoder = nested((writer, value) => {
  writeIntegerField(writer, 1, typeof value === "string" ? 1 : 0);
  writeIntegerField(writer, 2, typeof value === "number" ? value : 0);
  writeStringField(writer, 3, typeof value === "string" ? value : "");
});

const rawEncoder = nested((writer, value) => {
  if (value === undefined || value === null) return;
  writeVarint(writer, tag(1, DELIMITED));
  writeBytes(writer, encodeUtf8(JSON.stringify(value)));
});

/** In a list or as a pointer, JSON null is a value of its own. */
const jsonEncoder = nested((writer, value) => {
  writeVarint(writer, tag(1, DELIMITED));
  writeBytes(writer, encodeUtf8(JSON.stringify(value ?? null)));
});

const stringsEncoder = nested((writer, value) => {
  for (const text of (value ?? []) as string[]) writeStringField(writer, 1, text);
});

function writeProps(writer: Writer, number: number, props: unknown): void {
  writeVarint(writer, tag(number, DELIMITED));
  const start = open(writer);
  messageEncoder(JSON_SCHEMA_PROPS)(writer, props as Json);
  close(writer, start);
}

const VALUE_ENCODERS: Readonly<Record<ValueKind, Write>> = {
  string: (writer, value) => writeText(writer, (value ?? "") as string),
  int32: writeInteger,
  int64: writeInteger,
  bool: (writer, value) => writeVarint(writer, value === true ? 1 : 0),
  double: (writer, value) => writeDouble(writer, Number(value)),
  bytes: (writer, value) => writeBase64(writer, (value ?? "") as string),
  struct: () => {},
  quantity: nested((writer, value) => writeStringField(writer, 1, (value ?? "0") as string)),
  time: timeEncoder,
  microTime: timeEncoder,
  duration: nested(() => {}),
  intOrString: intOrStringEncoder,
  rawExtension: rawEncoder,
  fieldsV1: rawEncoder,
  json: jsonEncoder,
  any: rawEncoder,
  strings: stringsEncoder,
  schemaOrArray: nested((writer, value) => {
    if (Array.isArray(value)) for (const each of value) writeProps(writer, 2, each);
    else if (value) writeProps(writer, 1, value);
  }),
  schemaOrBool: nested((writer, value) => {
    writeIntegerField(writer, 1, value === false ? 0 : 1);
    if (value && value !== true) writeProps(writer, 2, value);
  }),
  schemaOrStringArray: nested((writer, value) => {
    if (Array.isArray(value)) for (const each of value as string[]) writeStringField(writer, 2, each);
    else if (value) writeProps(writer, 1, value);
  }),
};

/**
 * The protobuf form of built-in objects: table-driven, in both directions. Objects are JSON shapes; nothing else is made of them.
 *
 * Zeros of non-pointers are written, as Go does; what is absent in JSON is the zero of its place. Custom resources and Tables have no
 * such form.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { badRequest } from "../errors.ts";
import { META_TYPES } from "../schema.ts";
import { messageDecoder } from "./decode.ts";
import { type Json, messageEncoder } from "./encode.ts";
import { eachField, ProtobufError, type Reader, readBytes, readerOf, readMessage, readText } from "./reader.ts";
import { close, open, type Writer, writeBytes, writeRaw, writeText, writeVarint, written } from "./writer.ts";

/** `raw` is the message without kind and apiVersion, which stand in the envelope. */
export interface Unknown {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
}

const MAGIC = Uint8Array.of(0x6b, 0x38, 0x73, 0x00);
const LENGTH_BYTES = 4;

/** Tags of length-delimited fields. */
const FIELD_1 = 0x0a;
const FIELD_2 = 0x12;
const FIELD_3 = 0x1a;
const FIELD_4 = 0x22;

/** The message of `object`, without envelope. `typeName`: `k8s.io.api.core.v1.Pod`. */
export const encodeProtobuf = (typeName: string, object: unknown): Uint8Array =>
  written((writer) => messageEncoder(typeName)(writer, object as Json));

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
}

/** The JSON shape of a message, without kind and apiVersion. Throws ApiError 400 where the bytes are no such message. */
export const decodeProtobuf = (typeName: string, bytes: Uint8Array): Record<string, unknown> =>
  guarded(() => messageDecoder(typeName)(readerOf(bytes), {}, 0));

function writeUnknown(writer: Writer, { apiVersion, kind, raw }: Unknown): void {
  writeRaw(writer, MAGIC);
  writeVarint(writer, FIELD_1);
  const start = open(writer);
  writeVarint(writer, FIELD_1);
  writeText(writer, apiVersion);
  writeVarint(writer, FIELD_2);
  writeText(writer, kind);
  close(writer, start);
  writeVarint(writer, FIELD_2);
  writeBytes(writer, raw);
  // contentEncoding and contentType, which are empty and written all the same.
  writeVarint(writer, FIELD_3);
  writeText(writer, "");
  writeVarint(writer, FIELD_4);
  writeText(writer, "");
}

/** The envelope with its magic number: `k8s\0` and runtime.Unknown. */
export const wrapUnknown = (unknown: Unknown): Uint8Array => written((writer) => writeUnknown(writer, unknown));

export const isProtobuf = (bytes: Uint8Array): boolean => MAGIC.every((byte, index) => bytes[index] === byte);

/** Throws ApiError 400 where the bytes do not start with the magic number or are no envelope. */
export function unwrapUnknown(bytes: Uint8Array): Unknown {
  if (!isProtobuf(bytes))
    throw badRequest("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  return guarded(() => {
    const unknown: Unknown = { apiVersion: "", kind: "", raw: new Uint8Array() };
    const reader = readerOf(bytes.subarray(MAGIC.length));
    eachField(reader, (number) => {
      if (number === 1) readTypeMeta(readMessage(reader), unknown);
      else if (number === 2) unknown.raw = readBytes(reader);
      else return false;
      return true;
    });
    return unknown;
  });
}

function readTypeMeta(reader: Reader, into: Unknown): void {
  eachField(reader, (number) => {
    if (number === 1) into.apiVersion = readText(reader);
    else if (number === 2) into.kind = readText(reader);
    else return false;
    return true;
  });
}

export interface ListParts {
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  /** Already encoded messages, without envelope. */
  items: readonly Uint8Array[];
}

/** A built-in List in its envelope, from items that are encoded already. Written once into as many bytes as it takes: lists are large. */
export function encodeList(type: { apiVersion: string; kind: string }, { metadata, items }: ListParts): Uint8Array {
  const meta = written((writer) => messageEncoder(`${META_TYPES}ListMeta`)(writer, metadata));
  let rawBytes = fieldBytes(meta.length);
  for (const item of items) rawBytes += fieldBytes(item.length);
  const empty = wrapUnknown({ ...type, raw: new Uint8Array() });
  const writer: Writer = { bytes: new Uint8Array(empty.length + rawBytes + MAX_VARINT_BYTES), at: 0 };
  // What stands in front of `raw` is what an empty envelope begins with: its last six bytes are raw and two empty texts.
  writeRaw(writer, empty.subarray(0, empty.length - EMPTY_FIELDS_BYTES));
  writeVarint(writer, FIELD_2);
  writeVarint(writer, rawBytes);
  writeVarint(writer, FIELD_1);
  writeBytes(writer, meta);
  for (const item of items) {
    writeVarint(writer, FIELD_2);
    writeBytes(writer, item);
  }
  writeRaw(writer, empty.subarray(empty.length - EMPTY_FIELDS_BYTES + 2));
  return writer.bytes.subarray(0, writer.at);
}

/** Three fields of a tag and a length of zero. */
const EMPTY_FIELDS_BYTES = 6;
const MAX_VARINT_BYTES = 10;

/** What a length-delimited field takes: tag, length and content. */
function fieldBytes(length: number): number {
  let bytes = 2;
  for (let rest = length; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++;
  return bytes + length;
}

/** One frame of a protobuf watch, with its length prefix. `object` has its envelope. */
export function encodeWatchFrame(type: string, object: Uint8Array): Uint8Array {
  const frame = written((writer) => {
    writer.at += LENGTH_BYTES;
    writeVarint(writer, FIELD_1);
    writeText(writer, type);
    writeVarint(writer, FIELD_2);
    const start = open(writer);
    writeVarint(writer, FIELD_1);
    writeBytes(writer, object);
    close(writer, start);
  });
  new DataView(frame.buffer, frame.byteOffset).setUint32(0, frame.length - LENGTH_BYTES);
  return frame;
}

/** The type of the event and its object, with its envelope, out of a frame without its length prefix. */
export function decodeWatchFrame(frame: Uint8Array): { type: string; object: Uint8Array } {
  return guarded(() => {
    const event = { type: "", object: new Uint8Array() as Uint8Array };
    const reader = readerOf(frame);
    eachField(reader, (number) => {
      if (number === 1) event.type = readText(reader);
      else if (number === 2) {
        const raw = readMessage(reader);
        eachField(raw, (inner) => {
          if (inner !== 1) return false;
          event.object = readBytes(raw);
          return true;
        });
      } else return false;
      return true;
    });
    return event;
  });
}

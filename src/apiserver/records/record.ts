/**
 * A record is the stored form of an object: a header and the object's JSON without kind, apiVersion and resourceVersion.
 *
 * Readers copy bytes instead of parsing: the kind goes in front, the revision at the offset that the header names. Invariants:
 * `metadata` is the first member, and name, generateName, namespace and uid are its first members, so that the revision stands
 * right behind them; a record is never changed after it was made. Only where the fingerprint is old is a record parsed to be read.
 *
 *   byte 0       format version
 *   bytes 1-4    fingerprint of the schema that wrote it
 *   bytes 5-8    where the resourceVersion goes, counted from the start of the JSON
 *   bytes 9-12   where metadata ends, counted the same way: labels and owners are read without the rest
 *   bytes 13-14  encryption key id; 0 where it is not encrypted
 *   bytes 15-    JSON
 */
import type { KubernetesObject, ObjectMeta } from "../../api/meta.ts";
import { assert } from "../../base/assert.ts";
import { decodeUtf8, encodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

const FORMAT_VERSION = 1;
export const HEADER_BYTES = 15;

export interface RecordHeader {
  formatVersion: number;
  fingerprint: number;
  versionOffset: number;
  metadataEnd: number;
  keyId: number;
}

/** The members of metadata that stand before the resourceVersion. */
function identityJson(metadata: DeepReadonly<ObjectMeta>): string {
  const { name, generateName, namespace, uid } = metadata;
  return JSON.stringify({ name, generateName, namespace, uid });
}

/** The members that stand behind it, in the order of Go's type: clients that print answers as they are show it. */
function othersJson(metadata: DeepReadonly<ObjectMeta>): string {
  const { name: _name, generateName: _generateName, namespace: _namespace, uid: _uid, resourceVersion: _rv, ...rest } = metadata;
  const { generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, ...sent } = rest;
  const { labels, annotations, ownerReferences, finalizers, managedFields, ...unknown } = sent;
  return JSON.stringify({
    generation,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    labels,
    annotations,
    ownerReferences,
    finalizers,
    managedFields,
    ...unknown,
  });
}

/** `fingerprint`: of the schema that the object conforms to. */
export function encodeRecord(object: DeepReadonly<KubernetesObject>, fingerprint: number): Uint8Array {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...content } = object;
  const identity = identityJson(metadata);
  const head = `{"metadata":${identity.slice(0, -1)}`;
  const others = othersJson(metadata);
  const tail = others === "{}" ? "}" : `,${others.slice(1)}`;
  const contentJson = JSON.stringify(content);
  const text = `${HEADER_SPACE}${head}${tail}${contentJson === "{}" ? "}" : `,${contentJson.slice(1)}`}`;
  const record = encodeUtf8(text);
  // Where bytes and characters are as many, all are ASCII, and places in the text are places in the bytes.
  const isAscii = record.length === text.length;
  record[0] = FORMAT_VERSION;
  writeUint32(record, 1, fingerprint);
  writeUint32(record, 5, isAscii ? head.length : encodeUtf8(head).length);
  writeUint32(record, 9, isAscii ? head.length + tail.length : encodeUtf8(head + tail).length);
  record[13] = 0;
  record[14] = 0;
  return record;
}

/** Stands where the header is written, so that one encoding gives the whole record. */
const HEADER_SPACE = " ".repeat(HEADER_BYTES);

function writeUint32(record: Uint8Array, offset: number, value: number): void {
  record[offset] = value >>> 24;
  record[offset + 1] = value >>> 16;
  record[offset + 2] = value >>> 8;
  record[offset + 3] = value;
}

export function recordHeader(record: Uint8Array): RecordHeader {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const formatVersion = view.getUint8(0);
  assert(formatVersion === FORMAT_VERSION, `record of unknown format ${formatVersion}`);
  return {
    formatVersion,
    fingerprint: view.getUint32(1),
    versionOffset: view.getUint32(5),
    metadataEnd: view.getUint32(9),
    keyId: view.getUint16(13),
  };
}

function uint32(record: Uint8Array, offset: number): number {
  const at = (index: number): number => record[offset + index] ?? 0;
  return (at(0) << 24) | (at(1) << 16) | (at(2) << 8) | at(3);
}

/** Where in `record` the resourceVersion goes. */
export const versionPosition = (record: Uint8Array): number => HEADER_BYTES + uint32(record, 5);

/** Where in `record` the metadata ends. */
const metadataPosition = (record: Uint8Array): number => HEADER_BYTES + uint32(record, 9);

/** The metadata alone, without its resourceVersion: far cheaper than the whole of a large object. */
export function decodeMetadata(record: Uint8Array): ObjectMeta {
  const json = `${decodeUtf8(record.subarray(HEADER_BYTES, metadataPosition(record)))}}`;
  return (JSON.parse(json) as { metadata: ObjectMeta }).metadata;
}

/** The object in the shape that it has in memory, owned by the caller. */
export function decodeRecord(record: Uint8Array, revision: number, type: { apiVersion: string; kind: string }): KubernetesObject {
  const stored = JSON.parse(decodeUtf8(record.subarray(HEADER_BYTES))) as { metadata: ObjectMeta };
  stored.metadata.resourceVersion = String(revision);
  return { kind: type.kind, apiVersion: type.apiVersion, ...stored };
}

/** True where both hold the same object, whatever their revisions. */
export function sameRecord(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = HEADER_BYTES; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** `{"kind":"Pod","apiVersion":"v1",`: what stands before a spliced object. */
export const kindPrefix = (kind: string, apiVersion: string): Uint8Array =>
  encodeUtf8(`{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`);

/** What stands before an object inside a built-in list: its items have no kind. */
export const NO_KIND = encodeUtf8("{");

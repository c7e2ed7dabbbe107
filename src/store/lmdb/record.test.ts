import { expect, test } from "vitest";
import { type LogRecord, readHead, readRecord, readRevision, recordBytes, writeRecord, writeRevision } from "./record.ts";

test.each<LogRecord>([
  { kind: "put", replaced: 0, key: "/registry/pods/default/a", value: Uint8Array.of(1, 2, 3) },
  { kind: "put", replaced: 2 ** 47 + 5, key: "/é/\u{1F600}", value: new Uint8Array(0) },
  { kind: "delete", replaced: 7, key: "/a", value: new Uint8Array(0) },
])("a record is read as it was written: %o", (record) => {
  const length = recordBytes(Buffer.byteLength(record.key), record.value.length);
  const buffer = Buffer.alloc(length + 8, 0xff);
  expect(writeRecord(buffer, 3, record)).toBe(3 + length);
  const bytes = buffer.subarray(3);
  expect(readRecord(bytes, length)).toEqual(record);
  expect(readHead(bytes, length)).toEqual({ kind: record.kind, replaced: record.replaced, key: record.key, bytes: length });
});

test("bytes that are no record are not read as one", () => {
  expect(readRecord(new Uint8Array(100), 100)).toBeUndefined();
  expect(readRecord(Uint8Array.of(1, 0, 0xff, 0xff), 4)).toBeUndefined();
});

test("revisions keep every bit up to 2^48", () => {
  const buffer = Buffer.alloc(6);
  for (const revision of [0, 1, 255, 2 ** 24 - 1, 2 ** 24, 2 ** 31, 2 ** 32 + 1, 2 ** 40 - 1, 2 ** 48 - 1]) {
    writeRevision(buffer, revision, 0);
    expect(readRevision(buffer, 0)).toBe(revision);
  }
});

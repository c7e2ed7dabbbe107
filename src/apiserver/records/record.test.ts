import { describe, expect, test } from "vitest";
import type { KubernetesObject } from "../../api/meta.ts";
import { decodeUtf8 } from "../../base/bytes.ts";
import { decodeMetadata, decodeRecord, encodeRecord, kindPrefix, recordHeader, sameRecord } from "./record.ts";
import { chunkWriter, spliceObject } from "./splice.ts";

const object = {
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name: "é", namespace: "default", uid: "u", resourceVersion: "5", labels: { a: "b" } },
  data: { text: "日本" },
} as unknown as KubernetesObject;
const record = encodeRecord(object, 7);
const type = { kind: "ConfigMap", apiVersion: "v1" };

describe("a record", () => {
  test("gives the object back, at the revision it is asked for", () => {
    expect(decodeRecord(record, 12, type)).toEqual({ ...object, metadata: { ...object.metadata, resourceVersion: "12" } });
    expect(recordHeader(record)).toMatchObject({ fingerprint: 7, keyId: 0 });
  });

  test("gives metadata without the rest", () => {
    expect(decodeMetadata(record)).toEqual({ name: "é", namespace: "default", uid: "u", labels: { a: "b" } });
  });

  test("becomes JSON by copying bytes, alone and among others", () => {
    const prefix = kindPrefix("ConfigMap", "v1");
    const alone = decodeUtf8(spliceObject(record, 1234567, prefix));
    expect(JSON.parse(alone)).toEqual({ ...object, metadata: { ...object.metadata, resourceVersion: "1234567" } });
    const writer = chunkWriter(10);
    for (let index = 0; index < 9000; index++) writer.object(record, 1234567, prefix);
    const chunks = writer.finish();
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.map((chunk) => decodeUtf8(chunk)).join("")).toBe(alone.repeat(9000));
  });

  test("is the same as another one of the same content, whatever the revision", () => {
    const later = { ...object, metadata: { ...object.metadata, resourceVersion: "99" } };
    expect(sameRecord(record, encodeRecord(later, 7))).toBe(true);
    expect(sameRecord(record, encodeRecord({ ...object, data: { text: "日木" } } as never, 7))).toBe(false);
  });
});

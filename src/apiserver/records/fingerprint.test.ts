import { expect, test } from "vitest";
import { Pod } from "../../api/core/pod/pod.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { currentRecord, fingerprintOf } from "./fingerprint.ts";
import { decodeRecord, encodeRecord, recordHeader } from "./record.ts";

const old = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: { name: "p", namespace: "default", uid: "u" },
  spec: { containers: [{ name: "c", image: "i:1" }], forgotten: true },
  status: {},
} as unknown as KubernetesObject;

test("a record of another schema gets today's defaults and loses what is no field any more", () => {
  const record = currentRecord(Pod, encodeRecord(old, 7), 12);
  expect(recordHeader(record).fingerprint).toBe(fingerprintOf(Pod));
  const object = decodeRecord(record, 12, Pod);
  expect(object).toMatchObject({ metadata: { name: "p", resourceVersion: "12" }, spec: { restartPolicy: "Always" } });
  expect(object).not.toHaveProperty("spec.forgotten");
});

test("a record of today's schema stays as it is", () => {
  const record = encodeRecord(old, fingerprintOf(Pod));
  expect(currentRecord(Pod, record, 12)).toBe(record);
});

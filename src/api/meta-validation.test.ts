import { expect, test } from "vitest";
import { ConfigMap } from "./core/config-map.ts";
import { Namespace } from "./core/namespace.ts";
import type { StatusCause } from "./errors.ts";
import type { KubernetesObject } from "./meta.ts";
import { validateMetadata, validateMetadataUpdate } from "./meta-validation.ts";
import { report } from "./validation-report.ts";

const object = (metadata: Record<string, unknown>): KubernetesObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default", ...metadata } }) as KubernetesObject;

function causesOf(metadata: Record<string, unknown>): [string | undefined, string | undefined][] {
  const causes: StatusCause[] = [];
  validateMetadata(ConfigMap, object(metadata), report(causes));
  return causes.map(({ field, reason }) => [field, reason]);
}

test("accepts ordinary metadata", () => {
  expect(causesOf({ labels: { "app.kubernetes.io/name": "x" }, annotations: { "Example.com/A": "anything" } })).toEqual([]);
});

test.each([
  [{ name: "" }, "metadata.name", "FieldValueRequired"],
  [{ name: "A" }, "metadata.name", "FieldValueInvalid"],
  [{ labels: { "bad key": "x" } }, "metadata.labels", "FieldValueInvalid"],
  [{ labels: { a: "bad value" } }, "metadata.labels", "FieldValueInvalid"],
  [{ annotations: { big: "x".repeat(262_145) } }, "metadata.annotations", "FieldValueTooLong"],
  [{ finalizers: ["bad"] }, "metadata.finalizers[0]", "FieldValueInvalid"],
  [
    { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "" }] },
    "metadata.ownerReferences.uid",
    "FieldValueInvalid",
  ],
])("refuses %j", (metadata, field, reason) => {
  expect(causesOf(metadata)).toContainEqual([field, reason]);
});

test("a cluster-scoped object has no namespace", () => {
  const causes: StatusCause[] = [];
  validateMetadata(Namespace, object({}), report(causes));
  expect(causes).toMatchObject([{ field: "metadata.namespace", reason: "FieldValueForbidden" }]);
});

test("an update keeps what is immutable and adds no finalizer to what is being deleted", () => {
  const causes: StatusCause[] = [];
  const previous = object({ uid: "1", deletionTimestamp: "2024-01-01T00:00:00Z", finalizers: ["x.io/a"] });
  const next = object({ uid: "2", deletionTimestamp: "2024-01-01T00:00:00Z", finalizers: ["x.io/b"] });
  validateMetadataUpdate(ConfigMap, next, previous, report(causes));
  expect(causes.map(({ field, reason }) => [field, reason])).toEqual([
    ["metadata.finalizers", "FieldValueForbidden"],
    ["metadata.uid", "FieldValueInvalid"],
  ]);
});

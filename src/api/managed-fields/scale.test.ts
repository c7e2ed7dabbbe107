import { expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../generated/shared.ts";
import { updateScaleManagedFields } from "./scale.ts";

const entry = (manager: string, operation: "Apply" | "Update", fieldsV1: Record<string, unknown>): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: "apps/v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1,
});
const REPLICAS = { "f:spec": { "f:replicas": {} } };
const BOTH = { "f:spec": { "f:paused": {}, "f:replicas": {} } };

function scaled(from: number, to: number, entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] | undefined {
  const workload = (replicas: number) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z", managedFields: entries },
    spec: { replicas },
  });
  const object = workload(to);
  updateScaleManagedFields({ previous: workload(from), object, manager: "scaler", apiVersion: "apps/v1" });
  return object.metadata.managedFields;
}

const SCALER = { manager: "scaler", operation: "Update", apiVersion: "apps/v1", fieldsType: "FieldsV1", fieldsV1: REPLICAS };

test("who scales owns the replicas, without a time, and nobody else does", () => {
  const after = scaled(1, 2, [entry("a", "Apply", BOTH), entry("b", "Update", REPLICAS)]);
  expect(after).toEqual([{ ...entry("a", "Apply", { "f:spec": { "f:paused": {} } }) }, { ...SCALER, subresource: "scale" }]);
});

test("a scale to what is there leaves appliers what they own, and gives an updater a second entry", () => {
  const applier = entry("a", "Apply", BOTH);
  const { time, ...second } = entry("b", "Update", REPLICAS);
  expect(time).toBeDefined();
  const after = scaled(2, 2, [applier, entry("b", "Update", BOTH)]);
  expect(after).toEqual([applier, second, entry("b", "Update", { "f:spec": { "f:paused": {} } })]);
  // Of two entries of one owner the last counts.
  expect(scaled(2, 3, after ?? [])).toEqual([
    entry("a", "Apply", { "f:spec": { "f:paused": {} } }),
    { ...SCALER, subresource: "scale" },
    entry("b", "Update", { "f:spec": { "f:paused": {} } }),
  ]);
});

test("a scale to zero leaves the replicas to nobody", () => {
  expect(scaled(2, 0, [entry("b", "Update", BOTH)])).toEqual([entry("b", "Update", { "f:spec": { "f:paused": {} } })]);
});

test("replicas that nobody owned stay untracked", () => {
  const other = entry("b", "Update", { "f:spec": { "f:paused": {} } });
  expect(scaled(1, 2, [other])).toEqual([other]);
});

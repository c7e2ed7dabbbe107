import { expect, test } from "vitest";
import { encodeUtf8 } from "../../base/bytes.ts";
import { Event } from "../core/event.ts";
import { Pod } from "../core/pod/pod.ts";
import { decode } from "../decode/index.ts";
import type { KubernetesObject } from "../meta.ts";
import { difference, type FieldSet, union } from "./field-set.ts";
import { updateManagedFields } from "./index.ts";

const podOf = (image: string, labels: Record<string, string>, more: object = {}): KubernetesObject => {
  const body = {
    metadata: { name: "p", labels },
    spec: { containers: [{ name: "c", image, ports: [{ containerPort: 80 }] }], ...more },
  };
  return decode({ row: Pod, bytes: encodeUtf8(JSON.stringify(body)), mediaType: "json", fieldValidation: "Strict" }).object;
};

function written(manager: string, object: KubernetesObject, previous?: KubernetesObject, nowMs = 0): KubernetesObject {
  updateManagedFields({ row: Pod, previous, object, manager, operation: "Update", subresource: "", apiVersion: "v1", nowMs });
  return object;
}

const fieldsOf = (object: KubernetesObject, manager: string): unknown =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;

test("a create owns what it sent, with list items by their keys", () => {
  const fields = fieldsOf(written("kubectl", podOf("a:1", { app: "x" })), "kubectl");
  expect(fields).toMatchObject({
    "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
    "f:spec": {
      "f:containers": {
        'k:{"name":"c"}': {
          ".": {},
          "f:image": {},
          "f:name": {},
          "f:resources": {},
          "f:ports": { ".": {}, 'k:{"containerPort":80,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} } },
        },
      },
    },
  });
  expect(fields).not.toHaveProperty("f:status");
  expect(fields).not.toHaveProperty("f:metadata.f:name");
});

test("who changes a field takes it; entries that own nothing go, and one that took nothing keeps its time", () => {
  const created = written("a", podOf("i:1", { app: "x" }));
  const changed = written("b", podOf("i:2", { app: "x" }), created, 60_000);
  expect(fieldsOf(changed, "b")).toEqual({ "f:spec": { "f:containers": { 'k:{"name":"c"}': { "f:image": {} } } } });
  expect(fieldsOf(changed, "a")).not.toHaveProperty(["f:spec", "f:containers", 'k:{"name":"c"}', "f:image"]);

  const same = written("a", podOf("i:2", { app: "x" }), changed, 120_000);
  expect(same.metadata.managedFields).toEqual(changed.metadata.managedFields);

  const back = written("a", podOf("i:1", { app: "x" }), same, 180_000);
  expect(back.metadata.managedFields?.map(({ manager, time }) => [manager, time])).toEqual([["a", "1970-01-01T00:03:00Z"]]);
});

test("what is removed has no owner", () => {
  const created = written("a", podOf("i", { app: "x", tier: "y" }));
  const changed = written("b", podOf("i", { app: "x" }), created);
  expect(changed.metadata.managedFields).toHaveLength(1);
  expect(fieldsOf(changed, "a")).toMatchObject({ "f:metadata": { "f:labels": { ".": {}, "f:app": {} } } });
  expect(fieldsOf(changed, "a")).not.toHaveProperty(["f:metadata", "f:labels", "f:tier"]);
});

test("fields of another face have its names", () => {
  const face = Event.faces[1];
  const body = { metadata: { name: "e" }, regarding: { name: "p" }, note: "hello" };
  const { object } = decode({
    row: Event,
    face,
    bytes: encodeUtf8(JSON.stringify(body)),
    mediaType: "json",
    fieldValidation: "Strict",
  });
  const apiVersion = "events.k8s.io/v1";
  updateManagedFields({
    row: Event,
    face,
    previous: undefined,
    object,
    manager: "a",
    operation: "Update",
    subresource: "",
    apiVersion,
    nowMs: 0,
  });
  expect(fieldsOf(object, "a")).toEqual({ "f:note": {}, "f:regarding": {} });
});

test("one empty entry clears the owners", () => {
  const created = written("a", podOf("i", { app: "x" }));
  const cleared = podOf("i", { app: "z" });
  cleared.metadata.managedFields = [{}];
  expect(written("b", cleared, created).metadata.managedFields).toBeUndefined();
});

test("sets are joined and subtracted path by path", () => {
  const a = { "f:a": { ".": {}, "f:x": {} } };
  const ordered = (set: FieldSet | undefined): string => JSON.stringify(set);
  expect(ordered(union(a, { "f:a": { "f:y": {} } }))).toBe('{"f:a":{".":{},"f:x":{},"f:y":{}}}');
  expect(ordered(difference({ "f:a": { ".": {}, "f:x": {}, "f:y": {} } }, { "f:a": { "f:y": {} } }))).toBe(
    '{"f:a":{".":{},"f:x":{}}}',
  );
  expect(union(a, { "f:b": {} })).toEqual({ "f:a": { ".": {}, "f:x": {} }, "f:b": {} });
  expect(difference(a, { "f:a": {} })).toEqual({ "f:a": { "f:x": {} } });
  expect(difference(a, { "f:a": { "f:x": {} } })).toEqual({ "f:a": {} });
  expect(difference(a, a)).toBeUndefined();
});

import { describe, expect, it } from "vitest";
import { schemaOfKind } from "../schema.ts";
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, jsonPatchFieldErrors, parseJsonPatch } from "./index.ts";
import type { JsonObject } from "./json.ts";

const json = (document: JsonObject, patch: string) => applyJsonPatch(document, parseJsonPatch(patch));
const pod = (document: JsonObject, patch: JsonObject) => applyStrategicMergePatch(schemaOfKind("", "v1", "Pod"), document, patch);
const frozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};

describe("JSON patch", () => {
  it("compares the spelling of numbers in test", () => {
    expect(json({ a: 1 }, '[{"op":"test","path":"/a","value":1}]')).toEqual({ a: 1 });
    expect(() => json({ a: 1 }, '[{"op":"test","path":"/a","value":1.0}]')).toThrow("the server rejected our request");
  });

  it("takes an absent member for null in test", () => {
    expect(json({}, '[{"op":"test","path":"/a","value":null}]')).toEqual({});
    expect(() => json({}, '[{"op":"test","path":"/a","value":{}}]')).toThrow();
  });

  it("counts negative indexes from the end of a list", () => {
    expect(json({ a: [1, 2, 3] }, '[{"op":"remove","path":"/a/-1"},{"op":"add","path":"/a/-2","value":9}]')).toEqual({
      a: [1, 9, 2],
    });
  });

  it("refuses more than 10,000 operations with 413", () => {
    const operations = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: null }));
    expect(() => applyJsonPatch({}, operations)).toThrow(expect.objectContaining({ code: 413 }));
    expect(applyJsonPatch({}, operations.slice(1))).toEqual({});
  });

  it("keeps a member named __proto__ as data", () => {
    const result = json({}, '[{"op":"add","path":"/__proto__","value":{"x":1}}]');
    expect(Object.hasOwn(result, "__proto__")).toBe(true);
    expect("x" in result).toBe(false);
  });

  it("leaves the document as it was when a later operation fails", () => {
    const document = frozen({ a: { b: [1] } });
    expect(() => json(document, '[{"op":"add","path":"/a/b/-","value":2},{"op":"remove","path":"/c"}]')).toThrow();
    expect(document).toEqual({ a: { b: [1] } });
  });

  it("names unknown fields of operations", () => {
    expect(
      jsonPatchFieldErrors([
        { op: "test", path: "/a" },
        { op: "add", path: "/a", ...{ foo: 1 } },
      ]),
    ).toEqual(['json patch unknown field "[1].foo"']);
  });
});

describe("JSON merge patch", () => {
  it("drops nulls of what it adds, and keeps nulls that are list elements", () => {
    expect(applyMergePatch(frozen({ a: 1 }), { b: { c: null, d: [null, { e: null }] } })).toEqual({ a: 1, b: { d: [null, {}] } });
  });

  it("replaces a scalar with an object and an object with a list", () => {
    expect(applyMergePatch({ a: 1, b: {} }, { a: { c: 2 }, b: [1] })).toEqual({ a: { c: 2 }, b: [1] });
  });
});

describe("strategic merge patch", () => {
  const two = frozen({ spec: { containers: [{ name: "a", args: ["x"], env: [{ name: "E", value: "1" }] }, { name: "b" }] } });

  it("changes neither the document nor the patch", () => {
    const patch = frozen({
      spec: { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }], containers: [{ name: "a", image: "i" }] },
    });
    expect(pod(two, patch)).toEqual({
      spec: { containers: [{ name: "b" }, { name: "a", image: "i", args: ["x"], env: [{ name: "E", value: "1" }] }] },
    });
  });

  it("deletes scalars from a list", () => {
    const document = { metadata: { finalizers: ["a", "b", "c"] } };
    expect(pod(document, { metadata: { "$deleteFromPrimitiveList/finalizers": ["b", "z"] } })).toEqual({
      metadata: { finalizers: ["a", "c"] },
    });
  });

  it("adds scalars to a merged list in the patch's order, without doubles", () => {
    const document = { metadata: { finalizers: ["a", "b"] } };
    expect(pod(document, { metadata: { finalizers: ["c", "b"] } })).toEqual({ metadata: { finalizers: ["c", "a", "b"] } });
  });

  it("replaces a merged list where an element says so", () => {
    expect(pod(two, { spec: { containers: [{ name: "c" }, { $patch: "replace" }] } })).toEqual({
      spec: { containers: [{ name: "c" }] },
    });
  });

  it("refuses $retainKeys that lack a member of the patch", () => {
    const document = { spec: { volumes: [{ name: "v", emptyDir: {} }] } };
    const retain = (keys: string[]) =>
      pod(document, { spec: { volumes: [{ name: "v", $retainKeys: keys, hostPath: { path: "/" } }] } });
    expect(retain(["name", "hostPath"])).toEqual({ spec: { volumes: [{ name: "v", hostPath: { path: "/" } }] } });
    expect(() => retain(["name"])).toThrow(expect.objectContaining({ code: 400 }));
  });

  it("leaves no directive in what it adds as new", () => {
    const patch = { spec: { containers: [{ name: "n", env: [{ $patch: "delete", name: "E" }], "$setElementOrder/env": [] }] } };
    expect(pod({ spec: {} }, patch)).toEqual({ spec: { containers: [{ name: "n", env: [] }] } });
  });
});

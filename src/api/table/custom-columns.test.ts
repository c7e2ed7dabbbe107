import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../meta.ts";
import { customColumns } from "./custom-columns.ts";
import { jsonPath } from "./json-path.ts";

const document = {
  metadata: { name: "x", creationTimestamp: "2026-01-01T00:00:00Z", annotations: { "a.b/c": "d" } },
  spec: { n: 1.5, on: true, list: ["p", "q", "r"], "with.dot": 7 },
  status: {
    conditions: [
      { type: "A", status: "False" },
      { type: "Ready", status: "True", age: 3 },
    ],
  },
};

describe("JSONPath of printer columns", () => {
  it.each([
    [".spec.n", [1.5]],
    ["{.spec.list[1]}", ["q"]],
    ["$.spec.list[-1]", ["r"]],
    [".spec.list[0:2]", ["p", "q"]],
    [".spec.list[*]", ["p", "q", "r"]],
    [".spec.with\\.dot", [7]],
    [".metadata.annotations['a.b/c']", ["d"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.age > 2)].type", ["Ready"]],
    [".status.conditions[?(@.age)].type", ["Ready"]],
    [".status.conditions[?(@.type!='Ready')].type", ["A"]],
    [".spec.nothing.more", []],
    [".spec[", []],
  ])("finds %s", (path, found) => {
    expect(jsonPath(path)(document)).toEqual(found);
  });
});

describe("Columns of custom resources", () => {
  const cells = (type: string, path: string) =>
    customColumns([{ name: "C", type, jsonPath: path }]).columns(document as unknown as KubernetesObject, 0)[1];

  it("are the name and the age where the definition has none", () => {
    const { columns, columnDefinitions } = customColumns([]);
    expect(columnDefinitions.map(({ name }) => name)).toEqual(["Name", "Age"]);
    expect(columns(document as unknown as KubernetesObject, 0)).toEqual(["x", { ageOf: "2026-01-01T00:00:00Z" }]);
  });

  it("print values of their type, and nothing for others", () => {
    expect(cells("integer", ".spec.n")).toBe(1);
    expect(cells("number", ".spec.n")).toBe(1.5);
    expect(cells("boolean", ".spec.on")).toBe(true);
    expect(cells("string", ".spec.on")).toBe("true");
    expect(cells("string", ".spec.list")).toBe('["p","q","r"]');
    expect(cells("date", ".metadata.name")).toBe("<invalid>");
    expect(cells("integer", ".metadata.name")).toBe(null);
    expect(cells("string", ".spec.absent")).toBe(null);
  });
});

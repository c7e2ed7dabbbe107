import { expect, test } from "vitest";
import { cloneJson } from "./clone.ts";
import { deepEqual } from "./deep-equal.ts";

const tricky = JSON.parse('{"__proto__":{"a":[1,{"b":null}]},"constructor":"x","list":[[],{}]}') as object;

test("a copy is equal and shares nothing", () => {
  const copy = cloneJson(tricky) as { list: unknown[] };
  expect(JSON.stringify(copy)).toBe(JSON.stringify(tricky));
  expect(copy.list[1]).not.toBe((tricky as { list: unknown[] }).list[1]);
});

test("names that every object inherits count as members only where they are", () => {
  expect(deepEqual({}, { constructor: "x" })).toBe(false);
  expect(deepEqual({ constructor: "x" }, {})).toBe(false);
  expect(deepEqual({ a: undefined }, {})).toBe(true);
  expect(deepEqual({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
});

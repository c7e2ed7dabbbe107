import { expect, test } from "vitest";
import { sortableKey } from "./keys.ts";

test("sortable keys are in the order of the bytes of UTF-8 and keep prefixes", () => {
  const keys = [
    "/",
    "/a",
    "/a/b",
    "/ab",
    "/z",
    "/é",
    "/é/x",
    "/\uD7FF",
    "/\uE000",
    "/\uFFFD",
    "/\u{10000}",
    "/\u{1F600}",
    "/\u{10FFFF}",
  ];
  const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const bySortable = keys.toSorted((a, b) => (sortableKey(a) < sortableKey(b) ? -1 : 1));
  expect(bySortable).toEqual(byBytes);
  expect(new Set(keys.map(sortableKey)).size).toBe(keys.length);
  for (const prefix of keys) {
    for (const key of keys) expect(sortableKey(key).startsWith(sortableKey(prefix))).toBe(key.startsWith(prefix));
  }
});

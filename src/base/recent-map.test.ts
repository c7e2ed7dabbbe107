import { expect, test } from "vitest";
import { recentMap } from "./recent-map.ts";

test("what was not used for longest makes room", () => {
  const map = recentMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  expect(map.get("a")).toBe(1);
  map.set("c", 3);
  expect(["a", "b", "c"].map(map.get)).toEqual([1, undefined, 3]);
  expect(map.size).toBe(2);
});

test("setting a key again makes room for nothing", () => {
  const map = recentMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  expect(["a", "b"].map(map.get)).toEqual([3, 2]);
});

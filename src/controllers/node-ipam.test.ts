import { expect, test } from "vitest";
import { freeRange } from "./node-ipam.ts";

test("a node gets the first range that no other has", () => {
  expect(freeRange("10.244.0.0/16", new Set())).toBe("10.244.0.0/24");
  expect(freeRange("10.244.0.0/16", new Set(["10.244.0.0/24", "10.244.2.0/24"]))).toBe("10.244.1.0/24");
});

test("a full cluster range gives nothing", () => {
  expect(freeRange("10.1.2.0/24", new Set(["10.1.2.0/24"]))).toBeUndefined();
});

test("ranges go on over the boundary of an octet", () => {
  const taken = new Set(Array.from({ length: 256 }, (_, index) => `10.128.${index}.0/24`));
  expect(freeRange("10.128.0.0/9", taken)).toBe("10.129.0.0/24");
});

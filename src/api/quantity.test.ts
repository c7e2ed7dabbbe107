import { expect, test } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  QUANTITY_FORMAT,
  QUANTITY_SUFFIX,
  quantityMilliValue,
  quantityOf,
  quantityValue,
  subtractQuantities,
} from "./quantity.ts";

test.each([
  ["1000m", "1"],
  ["1024Mi", "1Gi"],
  ["0.5", "500m"],
  ["1e1", "10"],
  ["1e3", "1e3"],
  ["1E3", "1E3"],
  ["+1", "+1"],
  ["5.", "5."],
  ["1e0", "1e0"],
  [" 1", "1"],
  ["10.0", "10"],
  ["2048Mi", "2Gi"],
  ["1025Ki", "1025Ki"],
  ["0.1", "100m"],
  ["0.0000000001", "1n"],
  ["512", "512"],
  ["1000", "1k"],
  ["-1", "-1"],
  ["00", "0"],
  ["1.5Gi", "1536Mi"],
  ["1500m", "1500m"],
  ["0", "0"],
])("keeps or canonicalises %j as upstream: %j", (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

test.each([
  ["", QUANTITY_FORMAT],
  ["abc", QUANTITY_FORMAT],
  ["1 Gi", QUANTITY_FORMAT],
  ["1GB", QUANTITY_FORMAT],
  ["1e", QUANTITY_SUFFIX],
  ["1i", QUANTITY_SUFFIX],
])("refuses %j", (text, message) => {
  expect(() => parseQuantity(text)).toThrow(message);
});

test("compares, adds and subtracts across spellings", () => {
  expect(compareQuantities("1Gi", "1024Mi")).toBe(0);
  expect(compareQuantities("1", "1001m")).toBe(-1);
  expect(addQuantities("0", "512Mi")).toBe("512Mi");
  expect(addQuantities("512Mi", "512Mi")).toBe("1Gi");
  expect(subtractQuantities("2", "500m")).toBe("1500m");
});

test("gives units and thousandths, rounded up", () => {
  expect(quantityValue("1500m")).toBe(2);
  expect(quantityValue("1Ki")).toBe(1024);
  expect(quantityMilliValue("0.0005")).toBe(1);
  expect(quantityOf(2048, "binary")).toBe("2Ki");
});

import { expect, test } from "vitest";
import { encodings } from "./encodings.ts";
import type { Stored } from "./representation.ts";

const records = Array.from({ length: 10 }, (_, index) => ({ record: Uint8Array.of(index), revision: index }));
const [first, last] = [records[0], records[9]] as [Stored, Stored];
const ten = (): Uint8Array => new Uint8Array(10);

test("encodes a record once, for each signature", () => {
  const kept = encodings(1000);
  let made = 0;
  const encode = (): Uint8Array => {
    made++;
    return ten();
  };
  const encoded = kept.of(first, "a", encode);
  expect(kept.of(first, "a", encode)).toBe(encoded);
  expect(kept.of(first, "b", encode)).not.toBe(encoded);
  expect(made).toBe(2);
});

test("encodes a record again that is shown at another revision", () => {
  const kept = encodings(1000);
  const encoded = kept.of(first, "a", ten);
  expect(kept.of({ ...first, revision: 77 }, "a", ten)).not.toBe(encoded);
});

test("keeps no more than its budget, and what was asked for last", () => {
  const kept = encodings(40);
  for (const record of records) kept.of(record, "a", ten);
  expect(kept.keptBytes).toBeLessThanOrEqual(40);
  expect(kept.of(last, "a", () => new Uint8Array(1))).toHaveLength(10);
  expect(kept.of(first, "a", () => new Uint8Array(1))).toHaveLength(1);
});

import { expect, test } from "vitest";
import { randomInteger, seededEntropy } from "../../base/entropy.ts";
import { orderedMap } from "./ordered-map.ts";

test("agrees with a sorted Map under random work", () => {
  const entropy = seededEntropy(1);
  const map = orderedMap<number>();
  const model = new Map<string, number>();
  for (let step = 0; step < 30_000; step++) {
    const key = String(randomInteger(entropy, 5000));
    // More insertions first, more deletions later: leaves are split, and emptied again.
    if (randomInteger(entropy, 30_000) > step) {
      map.set(key, step);
      model.set(key, step);
    } else {
      map.delete(key);
      model.delete(key);
    }
    if (step % 3000 !== 0) continue;
    const from = String(randomInteger(entropy, 5000));
    const walked: [string, number][] = [];
    map.walk(from, (value, at) => walked.push([at, value]) > 0);
    expect(walked).toEqual([...model].filter(([at]) => at >= from).sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(map.size).toBe(model.size);
    expect(map.get(from)).toBe(model.get(from));
  }
});

test("stops a walk where it is told to", () => {
  const map = orderedMap<number>();
  for (const key of ["a", "b", "c"]) map.set(key, 1);
  const seen: string[] = [];
  map.walk("", (_, key) => seen.push(key) < 2);
  expect(seen).toEqual(["a", "b"]);
});

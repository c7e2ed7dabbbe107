import { describe, expect, test } from "vitest";
import { canonicalAddressErrors, canonicalRangeErrors, containsRange, parseRange, specialAddressErrors } from "./addresses.ts";

const contains = (outer: string, inner: string): boolean => {
  const [a, b] = [parseRange(outer), parseRange(inner)];
  return a !== undefined && b !== undefined && containsRange(a, b);
};

describe("addresses", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["::", "::"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
  ])("have one canonical form: %s", (text, expected) => {
    expect(canonicalAddressErrors(text)).toEqual(
      text === expected ? [] : [`must be in canonical form (${JSON.stringify(expected)})`],
    );
  });

  test("are never written with leading zeros", () => {
    expect(canonicalAddressErrors("010.0.0.1")).toHaveLength(1);
  });

  test("that mean no host on the network are special", () => {
    for (const text of ["0.0.0.0", "127.1.2.3", "169.254.1.1", "224.0.0.5", "::1", "fe80::1"])
      expect(specialAddressErrors(text), text).toHaveLength(1);
    expect(specialAddressErrors("10.1.1.1")).toEqual([]);
  });
});

describe("ranges", () => {
  test("hold what shares their prefix, of the same family", () => {
    expect(contains("10.0.0.0/8", "10.9.0.0/16")).toBe(true);
    expect(contains("10.0.0.0/8", "11.0.0.0/8")).toBe(false);
    expect(contains("10.0.0.0/16", "10.0.0.0/8")).toBe(false);
    expect(contains("::/0", "10.0.0.0/8")).toBe(false);
  });

  test("have no bits beyond their length", () => {
    expect(canonicalRangeErrors("10.1.0.1/24")).toEqual(['must be in canonical form ("10.1.0.0/24")']);
    expect(canonicalRangeErrors("10.1.0.0/24")).toEqual([]);
    expect(canonicalRangeErrors("10.1.0.0/33")).toHaveLength(1);
  });
});

import { describe, expect, test } from "vitest";
import {
  canonicalAddressErrors,
  canonicalRangeErrors,
  cidrErrors,
  containsRange,
  ipErrors,
  parseRange,
  specialAddressErrors,
} from "./addresses.ts";

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
  ])("have one canonical form: %s", (text, expected) => {
    expect(canonicalAddressErrors(text)).toEqual(
      text === expected ? [] : [`must be in canonical form (${JSON.stringify(expected)})`],
    );
  });

  test.each(["10.0.0.1", "::1", "2001:db8::ffff", "2001:DB8:0:0:0:0:0:1"])("may be %s", (text) => {
    expect(ipErrors(text)).toEqual([]);
  });

  const NONE = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
  test.each([
    ["10.0.0", NONE],
    ["10.0.0.256", NONE],
    [":::", NONE],
    ["1::2::3", NONE],
    ["12345::", NONE],
    ["001.2.3.4", "must not have leading 0s"],
    ["::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"],
    ["::ffff:01.2.3.4", "must not have leading 0s"],
  ])("may not be %s, since it %s", (text, complaint) => {
    expect(ipErrors(text)).toEqual([complaint]);
    expect(canonicalAddressErrors(text)).toEqual([complaint]);
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
    expect(canonicalRangeErrors("10.1.0.1/24")).toEqual(["must not have bits set beyond the prefix length"]);
    expect(canonicalRangeErrors("10.1.0.0/24")).toEqual([]);
    expect(canonicalRangeErrors("2001:DB8::/64")).toEqual(['must be in canonical form ("2001:db8::/64")']);
  });

  test.each(["10.0.0.0/8", "2001:db8::/64", "0.0.0.0/0"])("may be %s", (text) => expect(cidrErrors(text)).toEqual([]));

  const NONE = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
  test.each([
    ["10.0.0.0", NONE],
    ["10.0.0.0/33", NONE],
    ["::/129", NONE],
    ["10.0.0.0/08", "must not have leading 0s in IP or prefix length"],
    ["010.0.0.0/8", "must not have leading 0s in IP or prefix length"],
    ["::ffff:10.0.0.0/104", "must not have an IPv4-mapped IPv6 address"],
    ["10.0.0.1/8", "must not have bits set beyond the prefix length"],
  ])("may not be %s, since it %s", (text, complaint) => {
    expect(cidrErrors(text)).toEqual([complaint]);
    expect(canonicalRangeErrors(text)).toEqual([complaint]);
  });
});

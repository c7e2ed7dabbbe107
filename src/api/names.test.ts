import { describe, expect, test } from "vitest";
import {
  configMapKeyErrors,
  dns1035LabelErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  environmentNameErrors,
  labelValueErrors,
  pathSegmentErrors,
  portNameErrors,
  prefixErrors,
  qualifiedNameErrors,
} from "./names.ts";

const RULES: [string, (text: string) => string[], string[], string[]][] = [
  ["dnsLabelErrors", dnsLabelErrors, ["a", "a-1", "x".repeat(63)], ["", "A", "-a", "a-", "a.b", "x".repeat(64)]],
  ["dnsSubdomainErrors", dnsSubdomainErrors, ["a.b", "x".repeat(253)], ["", "a..b", "a_b", ".a", "x".repeat(254)]],
  ["dns1035LabelErrors", dns1035LabelErrors, ["a1"], ["1a", "a.b"]],
  [
    "qualifiedNameErrors",
    qualifiedNameErrors,
    ["a", "A_b.c", "example.com/x"],
    ["", "a/b/c", "/a", "a/", "Example.com/x", "a b", "x".repeat(64)],
  ],
  ["labelValueErrors", labelValueErrors, ["", "a", "A.b_c-1"], ["-a", "a b", "x".repeat(64)]],
  ["configMapKeyErrors", configMapKeyErrors, ["a", "A.b_c-1", ".hidden"], ["", ".", "..", "..a", "a/b"]],
  ["environmentNameErrors", environmentNameErrors, ["A", "1a", "a b"], ["", "a=b", "é"]],
  ["portNameErrors", portNameErrors, ["http", "http-2"], ["", "1", "http--2", "-a", "x".repeat(16), "HTTP"]],
  ["pathSegmentErrors", pathSegmentErrors, ["a:b", "system:x"], [".", "..", "a/b", "a%b"]],
];

describe.each(RULES)("%s", (_rule, errors, accepted, refused) => {
  test.each(accepted)("accepts %j", (text) => expect(errors(text)).toEqual([]));
  test.each(refused)("refuses %j", (text) => expect(errors(text)).not.toEqual([]));
});

test("a prefix may end with a dash, since more is to come", () => {
  expect(prefixErrors("web-", dnsSubdomainErrors)).toEqual([]);
  expect(prefixErrors("Web-", dnsSubdomainErrors)).toHaveLength(1);
});

test("complaints about a qualified name say which part they mean", () => {
  expect(qualifiedNameErrors("Bad_/ x")).toEqual([
    expect.stringMatching(/^prefix part a lowercase RFC 1123 subdomain must consist/),
    expect.stringMatching(/^name part must consist of alphanumeric characters/),
  ]);
});

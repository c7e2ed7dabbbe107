import { expect, test } from "vitest";
import { formatLabelSelector, parseFieldSelector, parseLabelSelector, selectorFromObject } from "./index.ts";

test.each([
  ["app=a", { app: "a" }, true],
  ["app==a,tier!=x", { app: "a" }, true],
  ["app in (a, b),!canary", { app: "b" }, true],
  ["app notin (a,b)", {}, true],
  ["app notin (a,b)", { app: "a" }, false],
  ["tier", { tier: "" }, true],
  ["app=", { app: "" }, true],
  ["app>1", { app: "2" }, true],
  ["app<5", { app: "x" }, false],
  ["", {}, true],
])("selector %j on %j: %j", (text, labels, expected) => {
  expect(parseLabelSelector(text).matches(labels as Record<string, string>)).toBe(expected);
});

test.each([
  ["app in a", "unable to parse requirement: found 'a' expected: '('"],
  ["app ~ a", "unable to parse requirement: found '~', expected: in, notin, =, ==, !=, gt, lt"],
  ["a,", "found '', expected: identifier after ','"],
  ["=a", "found '=', expected: !, identifier, or 'end of string'"],
])("refuses %j in upstream's words", (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(message);
});

test("an absent LabelSelector selects nothing, an empty one everything", () => {
  expect(selectorFromObject(undefined).matches({})).toBe(false);
  expect(selectorFromObject({}).matches({ a: "b" })).toBe(true);
  const expression = selectorFromObject({ matchLabels: { a: "1" }, matchExpressions: [{ key: "b", operator: "Exists" }] });
  expect(expression.matches({ a: "1", b: "" })).toBe(true);
  expect(formatLabelSelector(expression)).toBe("a=1,b");
});

test("field selectors compare fields, and refuse unknown ones and bad syntax", () => {
  const selector = parseFieldSelector("status.phase!=Running,metadata.name==a,", new Set(["status.phase", "metadata.name"]));
  expect(selector.matches({ "status.phase": "Pending", "metadata.name": "a" })).toBe(true);
  expect(selector.exactly("metadata.name")).toBe("a");
  expect(() => parseFieldSelector("nope=1", new Set())).toThrow("field label not supported: nope");
  expect(() => parseFieldSelector("metadata.name")).toThrow(
    "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
  );
});

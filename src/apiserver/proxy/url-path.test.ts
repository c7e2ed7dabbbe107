import { expect, test } from "vitest";
import { proxiedPath } from "./forward.ts";
import { targetId } from "./target-id.ts";
import { escapePath, joinKeepingSlash, unescapePath } from "./url-path.ts";

test("decodes a path to bytes and escapes it as Go does", () => {
  const bytes = unescapePath("/a%20b/%FF!'()*;,:@&=+$~") ?? "";
  expect(escapePath(bytes)).toBe("/a%20b/%FF%21%27%28%29%2A;,:@&=+$~");
  expect(unescapePath("/%zz")).toBeUndefined();
});

test("joins paths as Go does: dots resolved, one slash between, the last one kept", () => {
  expect(joinKeepingSlash("/p/", "//a/../b/./c/")).toBe("/p/b/c/");
  expect(joinKeepingSlash("/p", "../../../x")).toBe("/x");
  expect(joinKeepingSlash("/p", "/")).toBe("/p/");
});

test.each([
  ["/api/v1/nodes/n/proxy", ""],
  ["/api/v1/nodes/n/proxy/", "/"],
  ["/api/v1/nodes/n/proxy//", "/"],
  ["/api/v1/nodes/n/proxy/a//b", "/a/b"],
  ["/api/v1/nodes/n/proxy/a/../b/", "/b/"],
  ["/api/v1/nodes/n/proxy/../../x", "/x"],
  ["/api/v1/nodes/n/proxy/a%2Fb", "/a/b"],
])("finds behind %s the path %j", (path, behind) => {
  expect(proxiedPath(path, 5)).toEqual({ prefix: "/api/v1/nodes/n/proxy", behind });
});

test.each([
  ["web", { scheme: undefined, name: "web", port: "" }],
  ["web:80", { scheme: undefined, name: "web", port: "80" }],
  ["https:web:", { scheme: "https", name: "web", port: "" }],
  [":web:http", { scheme: undefined, name: "web", port: "http" }],
  ["ftp:web:80", undefined],
  ["a:b:c:d", undefined],
  [":80", undefined],
])("reads %s as a target", (text, expected) => {
  expect(targetId(text)).toEqual(expected);
});

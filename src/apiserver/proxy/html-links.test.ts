import { expect, test } from "vitest";
import { htmlRewriter } from "./html-links.ts";
import { rewrittenLink } from "./links.ts";

const place = { prefix: "/api/v1/nodes/n/proxy", host: "10.0.0.5:8080", requestHost: "localhost:8001" };
const rewrite = (link: string) => rewrittenLink(link, place);

/** In pieces of `size` characters. */
function rewritten(html: string, size = html.length): string {
  const rewriter = htmlRewriter(rewrite);
  let out = "";
  for (let start = 0; start < html.length; start += size) out += rewriter.push(html.slice(start, start + size));
  return out + rewriter.end();
}

const page = `<!DOCTYPE html><html manifest="/m"><!-- <a href="/in-comment"> --><head><title><a href="/t"></title>
<script src='/s.js'>if (1 < 2) document.write('<a href="/in-script">')</SCRIPT >
<body background=/bg.png><A HREF = "/a?x=1&amp;y=2#top">5 < 6 > 4</a><a title="> href='/no'" href="../up">x</a>
<img src=/i.png usemap="#m"/><form action=""><a href="mailto:x@y"></form></p></>`;

const seen = `<!DOCTYPE html><html manifest="/api/v1/nodes/n/proxy/m"><!-- <a href="/in-comment"> --><head><title><a href="/t"></title>
<script src='/api/v1/nodes/n/proxy/s.js'>if (1 < 2) document.write('<a href="/in-script">')</SCRIPT >
<body background="/api/v1/nodes/n/proxy/bg.png"><A HREF = "/api/v1/nodes/n/proxy/a?x=1&amp;y=2#top">5 < 6 > 4</a><a title="> href='/no'" href="../up">x</a>
<img src="/api/v1/nodes/n/proxy/i.png" usemap="#m"/><form action=""><a href="mailto:x@y"></form></p></>`;

test("rewrites links from the root in the attributes that are URLs, and nothing else", () => {
  expect(rewritten(page)).toBe(seen);
});

test.each([1, 2, 3, 7, 64])("says the same of a document that comes in pieces of %d", (size) => {
  expect(rewritten(page, size)).toBe(seen);
});

test("passes on what never ends: tags, comments, scripts", () => {
  for (const html of ['<a href="/x', "<!-- x", "<script>var x = '</scrip'", "a <", `<a title="${"x".repeat(100_000)}`])
    expect(rewritten(html, 1000)).toBe(html);
});

test("does not gather text that waits for nothing", () => {
  const rewriter = htmlRewriter(rewrite);
  const long = "x".repeat(10_000);
  expect(rewriter.push(long)).toBe(long);
  expect(rewriter.push(`<script>${long}`).length).toBeGreaterThan(9_000);
});

test.each([
  ["/x", "/api/v1/nodes/n/proxy/x"],
  ["/x/", "/api/v1/nodes/n/proxy/x/"],
  ["/", "/api/v1/nodes/n/proxy/"],
  ["/api/v1/nodes/n/proxy/x", "/api/v1/nodes/n/proxy/x"],
  ["http://10.0.0.5:8080/x?q#f", "/api/v1/nodes/n/proxy/x?q#f"],
  ["//10.0.0.5:8080/x", "/api/v1/nodes/n/proxy/x"],
  ["http://localhost:8001/x", "http://localhost:8001/api/v1/nodes/n/proxy/x"],
  ["/a b/(c)/%C3%BC", "/api/v1/nodes/n/proxy/a%20b/%28c%29/%C3%BC"],
])("makes %s point through the proxy", (link, expected) => {
  expect(rewrittenLink(link, place)).toBe(expected);
});

test.each(["x/y", "http://elsewhere/x", "//elsewhere/x", "?q", "#f", "", "javascript:void(0)", "/%zz", "http://10.0.0.5:8080"])(
  "leaves %j as it is",
  (link) => {
    expect(rewrittenLink(link, place)).toBeUndefined();
  },
);

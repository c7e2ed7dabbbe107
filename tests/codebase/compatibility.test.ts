import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryFiles, root } from "./sources.ts";

interface Row {
  behaviour: string;
  file: string;
}

/** Rows of the tables: `| behaviour | file |`. */
function documented(): Row[] {
  const text = readFileSync(join(root, "docs/compatibility.md"), "utf8");
  return [...text.matchAll(/^\| (.+) \| (tests\/\S+\.test\.ts) \|$/gm)].map(([, behaviour = "", file = ""]) => ({
    behaviour,
    file,
  }));
}

/** `describe title`, or alone the title of a test that stands in no group. */
function behavioursOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  let group = "";
  return [...text.matchAll(/^(\s*)(describe|test)\(\s*["`]([^"`]+)["`]/gm)].flatMap(([, , call, title = ""]) => {
    if (call === "test") return [`${group} ${title}`.trim()];
    group = title;
    return [];
  });
}

describe("docs/compatibility.md", () => {
  test("names only behaviours that a test of that title shows", () => {
    const unproved = documented().filter(({ behaviour, file }) => !behavioursOf(file).includes(behaviour));
    expect(unproved).toEqual([]);
  });

  test("names every behaviour that can be proved by upstream", () => {
    const files = repositoryFiles().filter((path) => path.endsWith(".parity.test.ts"));
    const named = new Set(documented().map(({ behaviour }) => behaviour));
    expect(files.flatMap(behavioursOf).filter((behaviour) => !named.has(behaviour))).toEqual([]);
    expect(files.length).toBeGreaterThan(0);
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as errors from "../../src/api/errors.ts";
import { repositoryFiles, root, sourceFile } from "./sources.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** The cells of every row of a document's tables, heads and rules left out. */
const rowsOf = (document: string): string[][] =>
  read(document)
    .split(/^\|[-|]+\|$/m)
    .slice(1)
    .flatMap((part) => part.split("\n\n")[0]?.match(/^\| .+ \|$/gm) ?? [])
    .map((row) => row.slice(2, -2).split(" | "));

describe("docs/reference/errors.md", () => {
  test("lists every constructor of ApiError with its code and reason", () => {
    const of = { group: "apps", resource: "deployments", kind: "Deployment" };
    const made = Object.entries(errors).flatMap(([name, make]) => {
      if (name === "ApiError") return [];
      // Every constructor takes some of: a resource or a message, a name, a list of causes.
      const error: unknown = (make as (...given: unknown[]) => unknown)(of, "web", []);
      return error instanceof errors.ApiError ? [[`\`${name}\``, String(error.code), `\`${error.reason}\``]] : [];
    });
    expect(made.length).toBeGreaterThan(10);
    expect(rowsOf("docs/reference/errors.md").map((row) => row.slice(0, 3))).toEqual(expect.arrayContaining(made));
    expect(rowsOf("docs/reference/errors.md")).toHaveLength(made.length);
  });
});

describe("docs/decisions/dependencies.md", () => {
  type Manifest = Record<"dependencies" | "devDependencies" | "optionalDependencies", Record<string, string>>;
  const manifest = JSON.parse(read("package.json")) as Manifest;
  const runtime = Object.keys(manifest.dependencies);
  const all = [...runtime, ...Object.keys(manifest.devDependencies), ...Object.keys(manifest.optionalDependencies)];

  test("has a whole line for every dependency, and none for others", () => {
    const rows = rowsOf("docs/decisions/dependencies.md");
    expect(rows.map(([name]) => name).sort()).toEqual(all.sort());
    for (const row of rows) {
      expect(row, row[0]).toHaveLength(5);
      expect(
        row.every((cell) => cell.trim() !== ""),
        row[0],
      ).toBe(true);
    }
  });

  test("speaks of libraries that the product imports", () => {
    const imported = repositoryFiles()
      .filter((path) => path.startsWith("src/") && path.endsWith(".ts"))
      .flatMap((path) => sourceFile(path).packages.map(({ name }) => name));
    const unused = runtime.filter((name) => !imported.some((each) => each === name || each.startsWith(`${name}/`)));
    expect(unused).toEqual([]);
  });
});

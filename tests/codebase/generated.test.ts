import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generate } from "../../scripts/generate/generate.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "src/api/generated");

test("generated files are what `npm run generate` writes, and nothing else is among them", () => {
  const files = generate(join(root, "facts"));
  expect(readdirSync(target).sort()).toEqual(files.map(({ path }) => path).sort());
  for (const { path, text } of files) expect(readFileSync(join(target, path), "utf8") === text, `${path} is current`).toBe(true);
});

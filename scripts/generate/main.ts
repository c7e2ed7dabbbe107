/** `npm run generate`: writes src/api/generated from facts/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "./generate.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "src/api/generated");

mkdirSync(target, { recursive: true });
for (const { path, text } of generate(join(root, "facts"))) writeFileSync(join(target, path), text);

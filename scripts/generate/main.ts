/** `npm run generate`: writes src/api/generated from facts/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateDiscovery } from "./discovery.ts";
import { generateTypes } from "./types.ts";

const root = join(import.meta.dirname, "../..");
const facts = join(root, "facts");
const target = join(root, "src/api/generated");

mkdirSync(target, { recursive: true });
for (const { path, text } of [...generateTypes(facts), generateDiscovery(facts)]) writeFileSync(join(target, path), text);

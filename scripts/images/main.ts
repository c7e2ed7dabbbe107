/**
 * Assembles images where none can be pulled, and prints the archive's path.
 *
 *     scripts/node scripts/images/main.ts [--cache DIRECTORY] [--manifest FILE] [--list]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { assembleImages, imageNames } from "./assemble.ts";

const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    cache: { type: "string", default: join(root, ".cache/images") },
    manifest: { type: "string", default: join(root, "examples/first-steps/api.yaml") },
    list: { type: "boolean", default: false },
  },
});
if (values.list) console.log(imageNames.join("\n"));
else
  console.log(
    await assembleImages({
      cacheDirectory: values.cache,
      manifest: values.manifest,
      progress: (message) => console.error(message),
    }),
  );

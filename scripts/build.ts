/**
 * `npm run build`: one bundled file a program, so that starting reads few files. Native packages and what is loaded lazily
 * stay outside. Tests name a directory of their own, so as not to change a program that runs.
 */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const outdir = process.argv[2] ?? join(root, "dist");

// Made whole beside its place and then exchanged: who starts the program meanwhile finds the old one or the new one.
const draft = `${outdir}.${process.pid}`;
await build({
  absWorkingDir: root,
  entryPoints: { timonier: "src/cli/main.ts", index: "src/index.ts" },
  outdir: draft,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  external: ["lmdb"],
  chunkNames: "chunks/[name]-[hash]",
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none",
  // Bundled CommonJS packages ask for `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
rmSync(outdir, { recursive: true, force: true });
renameSync(draft, outdir);

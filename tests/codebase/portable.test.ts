import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { root } from "./sources.ts";

interface Output {
  imports: { path: string; kind: string; external?: boolean }[];
}

/** External modules that `chunk` needs before it runs: those behind `import()` are not among them. */
function neededAtOnce(outputs: Readonly<Record<string, Output>>, chunk: string, seen = new Set<string>()): string[] {
  if (seen.has(chunk)) return [];
  seen.add(chunk);
  return (outputs[chunk]?.imports ?? [])
    .filter(({ kind }) => kind === "import-statement")
    .flatMap(({ path, external }) => (external ? [path] : neededAtOnce(outputs, path, seen)));
}

test("a cluster in process starts without Node: nothing of it is loaded before a socket is asked for", async () => {
  const { metafile } = await build({
    entryPoints: [join(root, "src/cluster/start-cluster.ts")],
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    outdir: "out",
    absWorkingDir: root,
    external: ["node:*", "lmdb", "@grpc/*", "@peculiar/*"],
    logLevel: "silent",
  });

  expect(neededAtOnce(metafile.outputs, "out/start-cluster.js")).toEqual([]);
  // The socket is among what is loaded when it is asked for: otherwise this looks at the wrong thing.
  expect(JSON.stringify(metafile.outputs)).toContain("node:tls");
});

import { describe, expect, test } from "vitest";
import { isGenerated, isTest, productSources, repositoryFiles, type SourceFile, sourceFile } from "./sources.ts";
import { syntaxOf } from "./syntax.ts";

/** What each folder of src/ may import besides itself: the arrows of docs/architecture.md. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ["base"],
  cel: ["base", "api"],
  store: ["base"],
  telemetry: ["base", "api"],
  pki: ["base", "api"],
  wire: ["base", "api"],
  streaming: ["base", "api"],
  apiserver: ["base", "api", "cel", "store", "telemetry", "streaming"],
  client: ["base", "api", "telemetry", "streaming"],
  controllers: ["base", "api", "client"],
  scheduler: ["base", "api", "client"],
  kubelet: ["base", "api", "client", "streaming", "telemetry"],
  network: ["base", "api", "client"],
  why: ["base", "api", "client", "scheduler/core"],
  cluster: [
    "base",
    "api",
    "cel",
    "store",
    "telemetry",
    "pki",
    "wire",
    "streaming",
    "apiserver",
    "client",
    "controllers",
    "scheduler",
    "kubelet",
    "network",
  ],
  cli: ["base", "api", "client", "why", "cluster"],
  "index.ts": ["base", "api", "client", "cluster"],
};

/** Runs in a worker or a browser tab: no `node:` modules, no native packages. */
const PORTABLE = [
  "src/base/",
  "src/api/",
  "src/cel/",
  "src/streaming/",
  "src/store/memory/",
  "src/store/store.ts",
  "src/apiserver/",
  "src/client/",
  "src/controllers/",
  "src/scheduler/",
  "src/why/",
  "src/kubelet/runtime/simulated/",
];
const NATIVE = /^(node:|lmdb|@grpc\/)/;

const folderOf = (path: string): string => path.split("/")[1] ?? "";

/** Files that tests and programs use only: they may reach further. */
const isSupport = ({ path }: SourceFile): boolean => path.includes("/testing/") || path.endsWith("/contract.ts");

describe("the source tree", () => {
  const sources = productSources();

  test("imports go one way between folders", () => {
    const wrong = sources
      .filter((file) => !isSupport(file))
      .flatMap((file) => {
        const from = folderOf(file.path);
        const allowed = MAY_IMPORT[from] ?? [];
        return file.imports
          .filter((target) => target.startsWith("src/") && folderOf(target) !== from)
          .filter((target) => !allowed.some((folder) => target.startsWith(`src/${folder}/`)))
          .map((target) => `${file.path} imports ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  test("every folder of src has its place in the map", () => {
    expect([...new Set(sources.map(({ path }) => folderOf(path)))].filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual(
      [],
    );
  });

  test("the portable core imports no node module and no native package", () => {
    const wrong = sources
      .filter((file) => PORTABLE.some((folder) => file.path.startsWith(folder)) && !isSupport(file))
      .flatMap((file) => file.packages.filter(({ name }) => NATIVE.test(name)).map(({ name }) => `${file.path} imports ${name}`));
    expect(wrong).toEqual([]);
  });

  test("native packages load lazily everywhere", () => {
    const wrong = sources.flatMap((file) =>
      file.packages
        .filter(({ name, lazy, typeOnly }) => /^(lmdb|@grpc\/)/.test(name) && !lazy && !typeOnly)
        .map(({ name }) => `${file.path} imports ${name} at once`),
    );
    expect(wrong).toEqual([]);
  });

  test("no file is dead", () => {
    const all = repositoryFiles()
      .filter((path) => /^(src|tests|scripts|bench)\/.*\.ts$/.test(path))
      .map(sourceFile);
    const used = new Set(all.flatMap(({ imports }) => imports));
    // Only a test using it does not make a file alive, unless it is a support file.
    const usedByProduct = new Set(all.filter(({ path }) => !isTest(path)).flatMap(({ imports }) => imports));
    const entries = new Set(["src/index.ts", "src/cli/main.ts", "src/cluster/agent-main.ts"]);
    const dead = all
      .filter(({ path }) => path.startsWith("src/") && !isTest(path) && !entries.has(path))
      .filter((file) => !(isSupport(file) ? used : usedByProduct).has(file.path))
      .map(({ path }) => path);
    expect(dead).toEqual([]);
  });

  test("no export is dead", () => {
    const all = repositoryFiles()
      .filter((path) => /^(src|tests|scripts|bench)\/.*\.ts$/.test(path) && !isGenerated(path))
      .map((path) => ({ path, ...syntaxOf(sourceFile(path)) }));
    const taken = new Set(all.flatMap((file) => file.taken).flatMap(({ from, names }) => names.map((name) => `${from} ${name}`)));
    const dead = all
      .filter(({ path }) => path.startsWith("src/") && !isTest(path) && !path.endsWith("/index.ts"))
      .filter(({ path }) => !taken.has(`${path} *`))
      .flatMap(({ path, exported }) => exported.map((name) => `${path} ${name}`))
      .filter((name) => !taken.has(name));
    expect(dead).toEqual([]);
  });
});

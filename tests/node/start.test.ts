import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assembleImages } from "../../scripts/images/assemble.ts";
import { cgroupRootOf } from "../../src/cluster/agent-config.ts";
import { dataDirectory } from "../../src/cluster/data-directory.ts";
import { type Namespaces, openNamespaces, whyNot } from "./namespaces.ts";
import { type WhatIsThere, whatIsThere } from "./what-is-there.ts";

const root = join(import.meta.dirname, "../..");
const START_LIMIT_MS = 240_000;

const missing = await whyNot();

describe.skipIf(missing !== undefined)("npm start and npm stop", () => {
  let namespaces: Namespaces;
  let before: WhatIsThere;
  let cgroupRoot: string;
  let dataDir: string;

  const npm = (command: string) =>
    spawnSync("nsenter", [...namespaces.enter, "npm", "--prefix", root, command], {
      cwd: root,
      encoding: "utf8",
      timeout: START_LIMIT_MS,
      env: { ...process.env, TIMONIER_DATA_DIR: dataDir },
    });

  beforeAll(async () => {
    // No registry and no package is within reach of the namespaces: what start would fetch is made before.
    const cacheDirectory = join(root, ".cache/images");
    mkdirSync(cacheDirectory, { recursive: true });
    await assembleImages({ cacheDirectory, manifest: join(root, "examples/first-steps/api.yaml"), progress() {} });
    namespaces = await openNamespaces();
    dataDir = join(namespaces.directory, "data");
    cgroupRoot = cgroupRootOf(dataDirectory(dataDir).agent);
    before = await whatIsThere(namespaces, cgroupRoot);
  }, START_LIMIT_MS);
  afterAll(async () => {
    if (namespaces === undefined) return;
    // Also where the test broke off.
    npm("stop");
    await namespaces.close();
  });

  test(
    "start ends with an answer that was read from PostgreSQL, and stop leaves nothing behind",
    async () => {
      const start = npm("start");
      expect(start.status, start.stdout + start.stderr).toBe(0);
      expect(start.stdout).toMatch(/ready in \d+ ms/);
      expect(start.stdout).toContain("Hermione");
      const again = await namespaces.run("busybox", ["wget", "-q", "-O", "-", "http://127.0.0.1:30080/ships"]);
      expect(again).toContain("Hermione");

      const stop = npm("stop");
      expect(stop.status, stop.stdout + stop.stderr).toBe(0);
      expect(await whatIsThere(namespaces, cgroupRoot)).toEqual(before);
    },
    START_LIMIT_MS,
  );
});

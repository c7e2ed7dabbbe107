/** Commands in documents that need real containers, on a node of their own. */
import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectlPath } from "../kubectl/kubectl.ts";
import { loadFirstStepsImages } from "../node/first-steps.ts";
import { whyNot } from "../node/namespaces.ts";
import { openCluster, type RealCluster } from "../node/real-cluster.ts";
import { blocksOf, exampleReadmes, guides } from "./blocks.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const LIMIT_MS = 360_000;

const blocks = [...exampleReadmes(), "README.md", ...guides()].flatMap((file) => blocksOf(file, "sh real"));

const missing = await whyNot();
if (missing !== undefined) console.warn(`commands for real containers are not run: ${missing}`);

describe.skipIf(missing !== undefined)("commands for real containers in guides and examples", () => {
  let cluster: RealCluster;
  let directory: string;

  beforeAll(async () => {
    cluster = await openCluster();
    await loadFirstStepsImages(cluster);
    directory = join(cluster.namespaces.directory, "work");
    await mkdir(directory);
    await symlink(join(root, "examples"), join(directory, "examples"));
  }, LIMIT_MS);
  afterAll(() => cluster?.close());

  test("are there", () => {
    expect(blocks.map(({ file }) => file)).toEqual(expect.arrayContaining(["examples/first-steps/README.md"]));
  });

  test.each(blocks.map((block) => [`${block.file}:${block.line}`, block] as const))(
    "%s runs as it stands",
    async (_place, { commands }) => {
      const script = ["set -euo pipefail", `cd ${directory}`, ...commands].join("\n");
      const { stdout } = await run("nsenter", [...cluster.namespaces.enter, "bash", "-c", script], {
        timeout: LIMIT_MS,
        env: {
          ...process.env,
          KUBECONFIG: join(cluster.dataDirectory, "kubeconfig"),
          PATH: `${dirname(kubectlPath())}${delimiter}${process.env.PATH}`,
        },
      });
      expect(stdout).not.toBe("");
    },
    LIMIT_MS,
  );
});

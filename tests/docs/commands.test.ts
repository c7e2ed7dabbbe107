import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram, type Program } from "../fixtures/program.ts";
import { kubectlPath } from "../kubectl/kubectl.ts";
import { blocksOf, guides } from "./blocks.ts";

const LIMIT_MS = 120_000;

/** Commands that other tests, or the one who runs the tests, execute. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "npm start": "tests/node/start.test.ts",
  "npm stop": "tests/node/start.test.ts",
  "npm test": "this run",
};

const blocks = ["README.md", ...guides()].flatMap((file) => blocksOf(file, "sh"));
const own = blocks.filter(({ commands }) => !commands.every((command) => command in ELSEWHERE));

describe("commands in README and guides", () => {
  let program: Program;

  beforeAll(() => {
    program = buildProgram();
  });
  afterAll(() => program.remove());

  test.each(own.map((block) => [`${block.file}:${block.line}`, block] as const))(
    "%s runs as it stands",
    (_place, { commands }) => {
      const directory = mkdtempSync(join(tmpdir(), "timonier-docs-"));
      symlinkSync(dirname(program.path), join(directory, "bin"));
      try {
        const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", commands.join("\n")], {
          cwd: directory,
          encoding: "utf8",
          timeout: LIMIT_MS,
          env: { ...process.env, HOME: directory, PATH: `${dirname(kubectlPath())}${delimiter}${process.env.PATH}` },
        });
        expect(status, `${stdout}\n${stderr}`).toBe(0);
      } finally {
        // A block that broke off leaves its cluster: end it.
        for (const name of readdirSync(directory).filter((each) => each.endsWith("-cluster"))) {
          spawnSync(program.path, ["down", "--delete", "--data-dir", join(directory, name)]);
        }
        rmSync(directory, { recursive: true, force: true });
      }
    },
    LIMIT_MS,
  );
});

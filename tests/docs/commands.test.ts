import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildProgram, type Program } from "../fixtures/program.ts";
import { kubectlPath } from "../kubectl/kubectl.ts";

const root = join(import.meta.dirname, "../..");
const LIMIT_MS = 120_000;

/** Commands that other tests, or the one who runs the tests, execute. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "npm start": "tests/node/start.test.ts",
  "npm stop": "tests/node/start.test.ts",
  "npm test": "this run",
};

interface Block {
  file: string;
  line: number;
  commands: string[];
}

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length + 1,
    commands: (match[1] ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#")),
  }));
}

const guides = readdirSync(join(root, "docs/guides")).map((name) => join("docs/guides", name));
const blocks = ["README.md", ...guides].flatMap(blocksOf);
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

/** `timonier` as users call it: its output, its exit code, and what it leaves running. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram } from "../fixtures/program.ts";

export interface Result {
  code: number | null;
  /** Both outputs, in the order in which they came. */
  output: string;
}

export interface RunOptions {
  /** A program that starts `timonier`, with its arguments. */
  through?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves with its end. */
  readonly ended: Promise<Result>;
}

export interface Timonier {
  readonly path: string;
  /** A directory for one test. */
  directory(): string;
  start(args: readonly string[], options?: RunOptions): Running;
  run(args: readonly string[], options?: RunOptions): Promise<Result>;
  /** Starts a server and resolves when its output has `line`; rejects where it ends before. */
  up(args: readonly string[], line?: string, options?: RunOptions): Promise<Running>;
  /** Ends what still runs and removes all directories. */
  close(): Promise<void>;
}

export function installTimonier(): Timonier {
  const { path, remove } = buildProgram();
  const directories: string[] = [];
  const all: Running[] = [];

  function start(args: readonly string[], { through = [], env }: RunOptions = {}): Running {
    const [program = path, ...rest] = [...through, path, ...args];
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    const ended = new Promise<Result>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, output }));
    });
    const running: Running = { child, output: () => output, ended };
    all.push(running);
    return running;
  }

  return {
    path,
    start,
    directory() {
      const directory = mkdtempSync(join(tmpdir(), "timonier-cli-"));
      directories.push(directory);
      return directory;
    },
    run: (args, options) => start(args, options).ended,
    async up(args, line = "ready\n", options = {}) {
      const running = start(["up", ...args], options);
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (running.output().includes(line)) resolve();
        };
        running.child.stdout?.on("data", look);
        running.ended.then(({ code, output }) => reject(new Error(`up ended with code ${code}: ${output}`)), reject);
      });
      return running;
    },
    async close() {
      for (const { child } of all) child.kill("SIGTERM");
      await Promise.all(all.map(({ ended }) => ended));
      for (const directory of directories) rmSync(directory, { recursive: true, force: true });
      remove();
    },
  };
}

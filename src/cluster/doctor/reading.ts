/** How doctor looks at files and asks programs: what is not there is no failure. */
import { execFile } from "node:child_process";
import { access, constants, readFile } from "node:fs/promises";

/** Programs that hang are given up. */
const ASK_TIMEOUT_MS = 10_000;
/** Docker and kube-proxy can have made tens of thousands of rules. */
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

/** Empty where it cannot be read. */
export const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

export async function numberIn(path: string): Promise<number | undefined> {
  const text = (await textOf(path)).trim();
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

const allows = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
export const exists = (path: string): Promise<boolean> => allows(path, constants.F_OK);
export const writable = (path: string): Promise<boolean> => allows(path, constants.W_OK);

export interface Answer {
  readonly ok: boolean;
  readonly output: string;
  /** What it said of why not, in one line. */
  readonly why: string;
}

/** Runs a program to its end. Undefined where there is no such program. */
export const ask = (program: string, args: readonly string[], input?: string): Promise<Answer | undefined> =>
  new Promise((resolve) => {
    const options = {
      timeout: ASK_TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
      env: { ...process.env, LC_ALL: "C", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` },
    };
    const child = execFile(program, args, options, (error, output, errors) => {
      if (error?.code === "ENOENT") return resolve(undefined);
      const lines = errors.split("\n").map((line) => line.trim());
      resolve({ ok: error === null, output, why: (lines.find(Boolean) ?? error?.message ?? "").replace(/\.$/, "") });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });

/** What a program writes; undefined where it is not there or fails. */
export async function capture(program: string, args: readonly string[]): Promise<string | undefined> {
  const answer = await ask(program, args);
  return answer?.ok === true ? answer.output : undefined;
}

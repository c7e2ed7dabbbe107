/** Runs the tools that configure the kernel's network (nft, ip, conntrack), and says clearly what is missing where they cannot. */
import { spawn } from "node:child_process";

/** What went wrong with the node's network, and what to do. */
export class NodeNetworkError extends Error {
  override readonly name = "NodeNetworkError";
}

/** Runs a command to its end; answers its standard output. Throws NodeNetworkError where it failed. */
export type RunCommand = (command: string, args: readonly string[], input?: string) => Promise<string>;

const PACKAGES: Readonly<Record<string, string>> = { nft: "nftables", ip: "iproute2", conntrack: "conntrack" };

/** Bytes of error text kept: nft repeats every line that it refuses. */
const MAX_ERROR_LENGTH = 4096;

function failure(command: string, args: readonly string[], code: number | null, errors: string): NodeNetworkError {
  if (/Operation not permitted|you must be root|Permission denied/i.test(errors))
    return new NodeNetworkError(`${command} is not permitted: the node's network needs root (CAP_NET_ADMIN)`);
  return new NodeNetworkError(`${[command, ...args].join(" ")} failed (exit code ${code}): ${errors.trim()}`);
}

export const runCommand: RunCommand = (command, args, input) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
    const output: Buffer[] = [];
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      if (errors.length < MAX_ERROR_LENGTH) errors += chunk.toString();
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === "ENOENT"
          ? `${command} was not found (package ${PACKAGES[command] ?? command}): \`timonier doctor\` says how to get it`
          : error.message;
      reject(new NodeNetworkError(hint));
    });
    child.once("close", (code) =>
      code === 0 ? resolve(Buffer.concat(output).toString()) : reject(failure(command, args, code, errors)),
    );
    // A tool that ends early closes its input: what counts is its exit code.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });

/** kubectl beside a real node, as a person there would use it, over either of the transports that it knows for streams. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { kubectlPath } from "../kubectl/kubectl.ts";
import type { RealCluster } from "./real-cluster.ts";

export type Transport = "WebSocket" | "SPDY";

export interface Ended {
  code: number | null;
  /** Only the end of long output. */
  stdout: string;
  stderr: string;
  /** Of all of stdout. */
  sha256: string;
}

export interface KubectlInside {
  /** `NAME=value`: what it finds in its environment. */
  readonly environment: readonly string[];
  /** Runs it to its end. `stdin`: text, or the path of a file after `@`; without it there is nothing to read. */
  run(args: readonly string[], stdin?: string): Promise<Ended>;
  /** Starts it; its stdin is open. The caller ends it. */
  start(args: readonly string[]): ChildProcess;
}

const MAX_KEPT = 64 * 1024;

export function kubectlInside({ namespaces, dataDirectory }: RealCluster, transport: Transport): KubectlInside {
  const websockets = String(transport === "WebSocket");
  const own = {
    HOME: namespaces.directory,
    KUBECONFIG: join(dataDirectory, "kubeconfig"),
    KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets,
    KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets,
  };
  const env = { ...process.env, ...own };
  const start = (args: readonly string[]): ChildProcess =>
    spawn("nsenter", [...namespaces.enter, kubectlPath(), ...args], { env });
  return {
    environment: Object.entries(own).map(([name, value]) => `${name}=${value}`),
    start,
    run(args, stdin = "") {
      const child = start(args);
      const hash = createHash("sha256");
      let stdout = "";
      let stderr = "";
      child.stdout?.on("data", (part: Buffer) => {
        hash.update(part);
        stdout = (stdout + part.toString()).slice(-MAX_KEPT);
      });
      child.stderr?.on("data", (part: Buffer) => {
        stderr += part.toString();
      });
      // A command that ends without reading everything is no error.
      child.stdin?.on("error", () => {});
      if (child.stdin !== null) {
        if (stdin.startsWith("@")) createReadStream(stdin.slice(1)).pipe(child.stdin);
        else child.stdin.end(stdin);
      }
      return new Promise((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => resolve({ code, stdout, stderr, sha256: hash.digest("hex") }));
      });
    },
  };
}

/** Resolves with what a started kubectl has written when that matches; rejects where it ends before. */
export function untilWritten(child: ChildProcess, what: RegExp): Promise<RegExpMatchArray> {
  return new Promise((resolve, reject) => {
    let text = "";
    const look = (part: Buffer): void => {
      text += part.toString();
      const match = text.match(what);
      if (match !== null) resolve(match);
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("close", () => reject(new Error(`kubectl ended and had written: ${text}`)));
  });
}

/** Ends it, and resolves when it is gone; at once where it ended by itself. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await gone;
}

/** The command line of a started one, for a shell. */
export const commandLine = (args: readonly string[]): string =>
  [kubectlPath(), ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");

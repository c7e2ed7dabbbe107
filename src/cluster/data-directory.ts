/**
 * Where a cluster keeps what it must not lose, and how another command finds its process.
 *
 * `store/` objects, `pki/` keys and certificates, `agent/` all of the node, `kubeconfig` the administrator's way in,
 * `server.json` the process that uses the directory, `*.log` what components say.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { writePrivateFile } from "../pki/private-file.ts";

export interface DataDirectory {
  readonly path: string;
  readonly store: string;
  readonly pki: string;
  readonly agent: string;
  readonly serverLog: string;
  readonly agentLog: string;
  readonly state: string;
}

export const defaultDataDirectory = (): string =>
  process.env.TIMONIER_DATA_DIR ??
  (process.getuid?.() === 0 ? "/var/lib/timonier" : join(homedir(), ".local", "share", "timonier"));

export function dataDirectory(path: string): DataDirectory {
  return {
    path,
    store: join(path, "store"),
    pki: join(path, "pki"),
    agent: join(path, "agent"),
    serverLog: join(path, "server.log"),
    agentLog: join(path, "agent.log"),
    state: join(path, "server.json"),
  };
}

/** The directory cannot be used. The message says why. */
class DataDirectoryError extends Error {
  override readonly name = "CommandError";
}

export function makeDataDirectory({ path }: DataDirectory): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOTDIR")
      throw new DataDirectoryError(`${path} is not a directory: name another with --data-dir`);
    throw error;
  }
}

/** What `server.json` says. */
export interface ServerState {
  pid: number;
  /** In ticks since the machine started: tells a process from a later one of the same number. */
  startTicks: string;
  server: string;
  kubeconfig: string;
  runtime: "containerd" | "simulated" | "none";
  nodeName: string;
  /** Components that were left out. */
  disabled?: readonly string[];
}

/** The start of a process in ticks; undefined where there is no such process. */
export function startTicksOf(pid: number): string | undefined {
  try {
    // The name in parentheses may hold anything; fields are counted after it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export const writeServerState = ({ state }: DataDirectory, content: ServerState): void =>
  writePrivateFile(state, `${JSON.stringify(content, null, 2)}\n`);

export const removeServerState = ({ state }: DataDirectory): void => rmSync(state, { force: true });

/** What the directory says of its server. */
export function readServerState({ state }: DataDirectory): ServerState | undefined {
  try {
    return JSON.parse(readFileSync(state, "utf8")) as ServerState;
  } catch {
    return undefined;
  }
}

/** The server that runs on the directory now. */
export function runningServer(directory: DataDirectory): ServerState | undefined {
  const state = readServerState(directory);
  return state !== undefined && startTicksOf(state.pid) === state.startTicks ? state : undefined;
}

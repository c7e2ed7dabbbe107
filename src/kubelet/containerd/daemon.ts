/**
 * One process that outlives us: started in a session of its own, found again by its pid file, watched through its socket.
 *
 * A pid may have been given to another process since: it counts as ours only while its command line names our configuration file.
 */
import { spawn } from "node:child_process";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { type Clock, sleep } from "../../base/clock.ts";

export interface DaemonFiles {
  readonly pid: string;
  readonly config: string;
  readonly log: string;
  readonly socket: string;
}

/** The pid of the running daemon; undefined where it does not run. */
export async function findDaemon({ pid, config }: DaemonFiles): Promise<number | undefined> {
  const number = Number(await readFile(pid, "utf8").catch(() => ""));
  if (!Number.isInteger(number) || number <= 1) return undefined;
  const commandLine = await readFile(`/proc/${number}/cmdline`, "utf8").catch(() => "");
  return commandLine.split("\0").includes(config) ? number : undefined;
}

/** Starts it and answers its pid at once, not when it is ready. Its output goes to the log file. */
export async function spawnDaemon(files: DaemonFiles, command: string, args: readonly string[]): Promise<number> {
  // A stale socket would look like a daemon that hangs.
  await Promise.all([files.socket, `${files.socket}.ttrpc`].map((path) => rm(path, { force: true })));
  const log = await open(files.log, "a");
  try {
    const child = spawn(command, args, { detached: true, stdio: ["ignore", log.fd, log.fd] });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", () => resolve(child.pid ?? 0));
    });
    child.unref();
    await writeFile(files.pid, `${pid}\n`);
    return pid;
  } finally {
    await log.close();
  }
}

/** Whether something accepts connections on the socket. */
export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

/**
 * Resolves when nothing listens on the socket any more, or `signal` aborts. Holds a connection open, which the end of the daemon
 * closes: it costs nothing while nothing happens.
 */
export async function socketClosed(socket: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await holdConnection(socket, signal)));
}

/** False where no connection could be made; true once one was closed, which the daemon may do with one that says nothing. */
function holdConnection(socket: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let connected = false;
    const connection = connect(socket);
    const end = (): void => void connection.destroy();
    signal.addEventListener("abort", end, { once: true });
    connection.unref();
    connection.resume();
    connection.once("connect", () => {
      connected = true;
    });
    connection.once("error", () => {});
    connection.once("close", () => {
      signal.removeEventListener("abort", end);
      resolve(connected);
    });
  });
}

export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Asks a process to end, insists after `graceMs`, and resolves when it is gone. */
export async function endProcess(clock: Clock, pid: number, graceMs: number): Promise<void> {
  for (const [signal, waitMs] of [
    ["SIGTERM", graceMs],
    ["SIGKILL", 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = clock.monotonic() + waitMs;
    while (alive(pid) && clock.monotonic() < deadline) await sleep(clock, 10);
    if (!alive(pid)) return;
  }
}

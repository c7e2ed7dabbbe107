/** The shims of our containerd: one a Pod, the parent of the first process of each of its containers. They outlive containerd. */
import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { type Clock, sleep } from "../../base/clock.ts";
import { alive } from "./daemon.ts";
import type { Layout } from "./layout.ts";

export interface Shim {
  readonly pid: number;
  /** Of the sandbox. */
  readonly id: string;
}

const SHIM_SOCKETS = "/run/containerd/s";
const KILL_TIMEOUT_MS = 10_000;

/**
 * Where containerd puts the socket of a sandbox's shim: outside our directories, named by a digest. The shim removes it at its end, but
 * not where it is killed.
 */
export function shimSocket(layout: Layout, sandboxId: string): string {
  const name = createHash("sha256")
    .update(join(layout.socket, "k8s.io", sandboxId))
    .digest("hex");
  return join(SHIM_SOCKETS, name);
}

/** Whether anybody listens on a socket. */
const isListenedTo = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code !== "ECONNREFUSED"));
  });

/**
 * Sockets of shims that were killed, perhaps before anybody learned the sandbox's identifier: those that were made since our directory
 * was, and that nobody listens on. They are of use to no containerd.
 */
export async function deadSocketsIn(directory: string, layout: Layout): Promise<string[]> {
  const since = await stat(layout.directory).catch(() => undefined);
  if (since === undefined) return [];
  const dead: string[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(directory, name);
    const made = await stat(path).catch(() => undefined);
    if (made?.isSocket() && made.mtimeMs >= since.birthtimeMs && !(await isListenedTo(path))) dead.push(path);
  }
  return dead;
}

export async function removeDeadSockets(layout: Layout): Promise<void> {
  for (const path of await deadSocketsIn(SHIM_SOCKETS, layout)) await rm(path, { force: true });
}

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** Known by our socket in their command line. */
export async function shimsOf(layout: Layout): Promise<Shim[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = (await textOf(`/proc/${pid}/cmdline`)).split("\0");
      const isOurs = (words[0] ?? "").includes("containerd-shim") && words[words.indexOf("-address") + 1] === layout.socket;
      return isOurs ? [{ pid: Number(pid), id: words[words.indexOf("-id") + 1] ?? "" }] : [];
    }),
  );
  return found.flat();
}

/** Kills shims and the first processes of their containers; resolves when they are gone. */
export async function endShims(layout: Layout, shims: readonly Shim[], clock: Clock): Promise<void> {
  const children = await Promise.all(shims.map(({ pid }) => textOf(`/proc/${pid}/task/${pid}/children`)));
  const pids = [...shims.map(({ pid }) => pid), ...children.flatMap((text) => text.split(" ").map(Number))].filter(
    (pid) => pid > 0,
  );
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
  const deadline = clock.monotonic() + KILL_TIMEOUT_MS;
  while (pids.some(alive) && clock.monotonic() < deadline) await sleep(clock, 10);
  await Promise.all(shims.map(({ id }) => rm(shimSocket(layout, id), { force: true })));
}

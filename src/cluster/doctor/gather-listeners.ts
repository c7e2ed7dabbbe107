/** Who listens on some ports, with the names of the programs where we may see them. */
import { readdir, readlink } from "node:fs/promises";
import { type Listener, type Socket, socketsIn } from "./listeners.ts";
import { textOf } from "./reading.ts";

const TABLES = [
  ["tcp", "tcp"],
  ["tcp", "tcp6"],
  ["udp", "udp"],
  ["udp", "udp6"],
] as const;

/** More than any machine that somebody looks at has. */
const MAX_PROCESSES = 10_000;

export async function gatherListeners(ports: readonly number[]): Promise<Listener[]> {
  const tables = await Promise.all(
    TABLES.map(async ([protocol, name]) => socketsIn(protocol, await textOf(`/proc/self/net/${name}`))),
  );
  const sockets = tables.flat().filter(({ port }) => ports.includes(port));
  const owners = await ownersOf(sockets);
  return Promise.all(
    sockets.map(async ({ inode, ...socket }) => {
      const pid = owners.get(inode);
      if (pid === undefined) return socket;
      const program = (await textOf(`/proc/${pid}/comm`)).trim();
      return { ...socket, pid, ...(program === "" ? {} : { program }) };
    }),
  );
}

/** Processes by the inode of a socket that they have open. */
async function ownersOf(sockets: readonly Socket[]): Promise<Map<string, number>> {
  const wanted = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  const owners = new Map<string, number>();
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).slice(0, MAX_PROCESSES);
  for (const pid of pids) {
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => "");
      if (wanted.has(target)) owners.set(target.slice("socket:[".length, -1), Number(pid));
    }
  }
  return owners;
}

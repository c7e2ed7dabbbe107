/** Our part of the cgroup tree, in every hierarchy there is: one (v2), or one a controller (v1, with a v2 tree beside it). */
import { readdir, readFile, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, sleep } from "../../base/clock.ts";

const MOUNT = "/sys/fs/cgroup";
const REMOVE_TIMEOUT_MS = 5_000;

/** The directories of cgroup `path` (`/timonier`), one a hierarchy that has it. */
export async function cgroupDirectories(path: string, mount: string = MOUNT): Promise<string[]> {
  const unified = await isDirectory(join(mount, "cgroup.controllers"), true);
  const hierarchies = unified ? [mount] : (await readdir(mount).catch(() => [])).map((name) => join(mount, name));
  const directories = hierarchies.map((hierarchy) => join(hierarchy, path));
  const there = await Promise.all(directories.map((directory) => isDirectory(directory)));
  return [...new Set(directories.filter((_, index) => there[index]))];
}

const isDirectory = (path: string, orFile = false): Promise<boolean> =>
  stat(path).then(
    (found) => orFile || found.isDirectory(),
    () => false,
  );

/** Kills what runs in a cgroup and beneath it, then removes them. */
export async function removeCgroups(path: string, clock: Clock): Promise<void> {
  for (const directory of await cgroupDirectories(path)) {
    const deadline = clock.monotonic() + REMOVE_TIMEOUT_MS;
    // A process takes a moment to leave after its death, and a cgroup that is not empty cannot be removed.
    while (!(await removeTree(directory)) && clock.monotonic() < deadline) await sleep(clock, 10);
  }
}

/** Whether the cgroup is gone. */
async function removeTree(directory: string): Promise<boolean> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return true;
  let empty = true;
  for (const entry of entries) if (entry.isDirectory() && !(await removeTree(join(directory, entry.name)))) empty = false;
  for (const pid of (await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "")).split("\n")) {
    if (pid === "" || Number(pid) === process.pid) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // Gone already.
    }
  }
  if (!empty) return false;
  return rmdir(directory).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === "ENOENT",
  );
}

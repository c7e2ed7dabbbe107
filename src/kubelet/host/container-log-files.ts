/** Links to containers' logs, and the end of logs, on the disk. */
import { lstat, readdir, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type ContainerLogFiles, linkName } from "../logs/files.ts";
import { logFileRotation } from "./log-rotation.ts";

export interface LogDirectories {
  /** Upstream's: /var/log/pods, a directory a Pod: `NAMESPACE_NAME_UID`. */
  logs: string;
  /** Upstream's: /var/log/containers. */
  links: string;
}

const there = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const isLink = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );

async function sweep(
  { logs, links }: LogDirectories,
  isKnown: (uid: string) => boolean,
  containers: ReadonlySet<string>,
): Promise<void> {
  for (const entry of await readdir(logs, { withFileTypes: true }).catch(() => [])) {
    const uid = entry.name.split("_")[2];
    if (!entry.isDirectory() || uid === undefined || isKnown(uid)) continue;
    await rm(join(logs, entry.name), { recursive: true, force: true });
  }
  for (const name of await readdir(links).catch(() => [])) {
    const link = join(links, name);
    // A log that is being put aside is away for a moment.
    const id = /-([^-]+)\.log$/.exec(name)?.[1] ?? "";
    if (!containers.has(id) && (await isLink(link)) && !(await there(link))) await rm(link, { force: true });
  }
}

export const containerLogFiles = (directories: LogDirectories): ContainerLogFiles => ({
  async link(owner, path) {
    if (!(await there(path))) return;
    const link = join(directories.links, linkName(owner));
    await rm(link, { force: true });
    await symlink(path, link);
  },
  async remove(owner, path) {
    await rm(join(directories.links, linkName(owner)), { force: true });
    if (path !== undefined && path !== "") await logFileRotation.remove(path);
  },
  sweep: (isKnown, containers) => sweep(directories, isKnown, containers),
});

/** The machine's files and mounts, for Linux. The only part of the kubelet besides its neighbours here that knows `node:` modules. */
import { execFile } from "node:child_process";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { promisify } from "node:util";
import { equalBytes } from "../../base/bytes.ts";
import { realClock } from "../../base/clock.ts";
import { cgroupDirectories, removeCgroups } from "../containerd/cgroups.ts";
import { mountPointsBelow, unmountBelow } from "../containerd/mounts.ts";
import type { VolumeFiles } from "../volumes/sources.ts";
import type { Host, PathKind } from "./host.ts";
import { removeCgroup, setCgroup } from "./pod-cgroups.ts";

const run = promisify(execFile);

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? "";
/** Undefined where it is not there. */
async function found<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

async function kindOf(path: string): Promise<PathKind | undefined> {
  const is = await found(stat(path));
  if (is === undefined) return undefined;
  if (is.isDirectory()) return "Directory";
  if (is.isFile()) return "File";
  if (is.isSocket()) return "Socket";
  if (is.isCharacterDevice()) return "CharDevice";
  return is.isBlockDevice() ? "BlockDevice" : "Other";
}

/** Modes as they are given, whatever the process' umask. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, mode);
}

async function writeFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "w", mode);
  try {
    await file.writeFile(bytes);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}

/** The paths of a volume's present files with their contents; empty where it has none yet. */
async function present(directory: string): Promise<Map<string, { mode: number; bytes: Uint8Array }>> {
  const files = new Map<string, { mode: number; bytes: Uint8Array }>();
  const data = join(directory, DATA);
  for (const entry of (await found(readdir(data, { recursive: true, withFileTypes: true }))) ?? []) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    files.set(path.slice(data.length + 1), { mode: mode & 0o777, bytes: await readFile(path) });
  }
  return files;
}

function same(files: VolumeFiles, before: VolumeFiles): boolean {
  if (files.size !== before.size) return false;
  return [...files].every(([path, { mode, bytes }]) => {
    const old = before.get(path);
    return old !== undefined && old.mode === mode && equalBytes(old.bytes, bytes);
  });
}

const DATA = "..data";
const DATA_NEXT = "..data_tmp";

/** `..2026_01_31_12_00_00.123456789`-like: what matters is that it is new. */
async function newGeneration(directory: string): Promise<string> {
  const taken = new Set(await readdir(directory));
  for (let number = 1; ; number++) {
    const name = `..generation_${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Readers see either all of the old files or all of the new: one rename exchanges them. */
async function writeVolume(directory: string, files: VolumeFiles, group: number | undefined): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o777);
  const hasData = (await found(lstat(join(directory, DATA)))) !== undefined;
  // Files of a group carry its read bit besides.
  const wanted: VolumeFiles = new Map(
    [...files].map(([path, { mode, bytes }]) => [normalize(path), { mode: group === undefined ? mode : mode | 0o040, bytes }]),
  );
  if (hasData && same(wanted, await present(directory))) return false;
  const old = await found(readlink(join(directory, DATA)));
  const generation = await newGeneration(directory);
  await makeDirectory(join(directory, generation), 0o755);
  for (const [path, { mode, bytes }] of wanted) {
    if (path.startsWith("..") || path.startsWith("/")) throw new Error(`invalid path in a volume: ${path}`);
    const file = join(directory, generation, path);
    await writeFile(file, bytes, mode);
    if (group !== undefined) await chown(file, -1, group);
  }
  await rm(join(directory, DATA_NEXT), { force: true });
  await symlink(generation, join(directory, DATA_NEXT));
  await rename(join(directory, DATA_NEXT), join(directory, DATA));
  await linkNames(directory, new Set([...wanted.keys()].map((path) => path.split(sep)[0] ?? path)));
  if (old !== undefined) await rm(join(directory, old), { recursive: true, force: true });
  return true;
}

/** What readers open: `name → ..data/name`; names that are gone go. */
async function linkNames(directory: string, names: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith("..") && !names.has(name)) await rm(join(directory, name), { force: true });
  }
  for (const name of names) {
    const link = join(directory, name);
    if ((await found(lstat(link))) === undefined) await symlink(join(DATA, name), link);
  }
}

async function giveToGroup(path: string, group: number): Promise<void> {
  const is = await lstat(path);
  if (is.isSymbolicLink()) return;
  await chown(path, -1, group);
  if (!is.isDirectory()) {
    await chmod(path, (is.mode & 0o7777) | 0o060);
    return;
  }
  // New files get the group of their directory.
  await chmod(path, (is.mode & 0o7777) | 0o2070);
  for (const name of await readdir(path)) await giveToGroup(join(path, name), group);
}

/** Resolves a path below `root`; a link that leads out of it is refused, as is a path that does. */
async function within(root: string, subPath: string, create: boolean): Promise<string> {
  const relative = normalize(subPath);
  if (relative.startsWith("..") || relative.startsWith("/")) throw new Error(`subPath "${subPath}" must not leave its volume`);
  const realRoot = await realpath(root);
  const full = join(realRoot, relative);
  const existing = await deepestExisting(realRoot, relative);
  const real = await realpath(existing);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) throw new Error(`subPath "${subPath}" leads out of its volume`);
  if (existing === full) return real;
  if (!create) throw new Error(`subPath "${subPath}" does not exist`);
  // As open as the volume is.
  const { mode } = await stat(realRoot);
  let path = real;
  for (const part of full.slice(existing.length).split(sep).filter(Boolean)) {
    path = join(path, part);
    await makeDirectory(path, mode & 0o7777);
  }
  return path;
}

async function deepestExisting(root: string, relative: string): Promise<string> {
  let path = root;
  for (const part of relative.split(sep)) {
    const next = join(path, part);
    if ((await found(lstat(next))) === undefined) return path;
    path = next;
  }
  return path;
}

async function unmount(path: string): Promise<void> {
  if ((await kindOf(path)) === undefined) return;
  // Something that still holds a file must not keep the Pod from going.
  await run("umount", ["-l", path]).catch(() => {});
}

const mountsBelow = async (path: string): Promise<string[]> =>
  mountPointsBelow(await readFile("/proc/self/mountinfo", "utf8"), [path]);

async function listCgroups(path: string): Promise<string[]> {
  const entries = (await cgroupDirectories(path)).map((directory) => readdir(directory, { withFileTypes: true }));
  const directories = (await Promise.all(entries)).flat().filter((entry) => entry.isDirectory());
  return [...new Set(directories.map(({ name }) => name))];
}

/** Never crosses into another file system: what a Pod mounted there is not ours to delete. */
async function remove(path: string): Promise<void> {
  const is = await found(lstat(path));
  if (is === undefined) return;
  if (!is.isDirectory()) return rm(path, { force: true });
  const { dev } = await lstat(dirname(path));
  await removeTree(path, dev);
}

async function removeTree(path: string, device: number): Promise<void> {
  const is = await found(lstat(path));
  if (is === undefined) return;
  if (is.dev !== device) throw new Error(`${path} is a mount: it stays`);
  if (is.isDirectory()) for (const name of await readdir(path)) await removeTree(join(path, name), device);
  await rm(path, { recursive: is.isDirectory(), force: true });
}

export const nodeHost: Host = {
  kindOf,
  makeDirectory,
  writeFile,
  readFile: (path) => found(readFile(path)),
  remove,
  writeVolume,
  giveToGroup,
  async mountMemory(path, sizeBytes) {
    await run("mount", ["-t", "tmpfs", "-o", `mode=0777,size=${sizeBytes}`, "tmpfs", path]);
  },
  unmount,
  setCgroup: (path, resources) => setCgroup(path, resources),
  removeCgroup: (path) => removeCgroup(path),
  isMountPoint: async (path) => (await mountsBelow(path)).includes(path),
  unmountBelow: (path) => unmountBelow([path]),
  list: async (path) => (await found(readdir(path))) ?? [],
  listCgroups,
  endCgroup: (path) => removeCgroups(path, realClock),
  within,
};

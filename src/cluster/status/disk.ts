/** How much a data directory takes. */
import { lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { DiskStatus } from "./report.ts";

/** Images have many files; counting goes no further, and says so. */
const MAX_FILES = 20_000;
const BLOCK_BYTES = 512;

/** Undefined where it is not there. What is mounted in it belongs to others. */
export async function diskUse(path: string): Promise<DiskStatus | undefined> {
  const [root, system] = await Promise.all([lstat(path).catch(() => undefined), statfs(path).catch(() => undefined)]);
  if (root === undefined || system === undefined) return undefined;
  const pending = [path];
  let [bytes, count] = [root.blocks * BLOCK_BYTES, 0];
  for (let next = pending.pop(); next !== undefined && count < MAX_FILES; next = pending.pop()) {
    const directory = next;
    const names = (await readdir(directory).catch(() => [])).slice(0, MAX_FILES);
    const files = await Promise.all(names.map((name) => lstat(join(directory, name)).catch(() => undefined)));
    for (const [at, file] of files.entries()) {
      if (file === undefined || file.dev !== root.dev) continue;
      count++;
      bytes += file.blocks * BLOCK_BYTES;
      if (file.isDirectory()) pending.push(join(directory, names[at] ?? ""));
    }
  }
  return { usedBytes: bytes, atLeast: count >= MAX_FILES, freeBytes: system.bavail * system.bsize };
}

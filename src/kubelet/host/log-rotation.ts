/**
 * Puts a container's log aside and begins a new one: `0.log.20261124-115305`, compressed at the next turn, of which only some are kept.
 * Names and order are upstream's: tools of the node read them.
 * https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-rotation
 */
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

const COMPRESSED = ".gz";
const UNFINISHED = ".tmp";

export interface LogFileRotation {
  /** Undefined where there is no such file. */
  sizeOf(path: string): Promise<number | undefined>;
  /** `reopen`: the runtime writes on in a new file. Rejects where that cannot be; then the old one is in its place again. */
  rotate(path: string, options: { maxFiles: number; nowMs: number; reopen(): Promise<void> }): Promise<void>;
  /** The log and all that was put aside of it. */
  remove(path: string): Promise<void>;
}

/** Oldest first; what is neither whole nor the only copy is not among them. */
async function putAside(path: string): Promise<{ used: string[]; unused: string[] }> {
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path)).catch(() => [])).filter((name) => name.startsWith(prefix)).sort();
  const isUsed = (name: string): boolean =>
    !name.endsWith(UNFINISHED) && (name.endsWith(COMPRESSED) || !names.includes(`${name}${COMPRESSED}`));
  const whole = (all: string[]): string[] => all.map((name) => join(dirname(path), name));
  return { used: whole(names.filter(isUsed)), unused: whole(names.filter((name) => !isUsed(name))) };
}

async function compress(path: string): Promise<void> {
  const { mode } = await stat(path);
  const unfinished = `${path}${UNFINISHED}`;
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode }));
    await rename(unfinished, `${path}${COMPRESSED}`);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await rm(path, { force: true });
}

/** `20261124-115305`, in UTC. */
const stamp = (nowMs: number): string =>
  new Date(nowMs).toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "").replace("T", "-");

const rotate: LogFileRotation["rotate"] = async (path, { maxFiles, nowMs, reopen }) => {
  const { used, unused } = await putAside(path);
  for (const file of unused) await rm(file, { force: true });
  // With the one that is put aside now, and the new one, there are as many as may be.
  const excess = Math.max(0, used.length - Math.max(0, maxFiles - 2));
  for (const file of used.slice(0, excess)) await rm(file, { force: true });
  for (const file of used.slice(excess)) if (!file.endsWith(COMPRESSED)) await compress(file);
  const aside = `${path}.${stamp(nowMs)}`;
  await rename(path, aside);
  try {
    await reopen();
  } catch (error) {
    await rename(aside, path);
    throw error;
  }
};

export const logFileRotation: LogFileRotation = {
  sizeOf: (path) =>
    stat(path).then(
      ({ size }) => size,
      () => undefined,
    ),
  rotate,
  async remove(path) {
    const { used, unused } = await putAside(path);
    for (const file of [path, ...used, ...unused]) await rm(file, { force: true });
  },
};

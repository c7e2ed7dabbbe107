/** The node's log directory on the disk, for the node API. */
import { open, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { HostLog, HostLogs } from "../api/host-logs.ts";

const HOST_LOG_DIRECTORY = "/var/log";

/** What was there when it was asked for, and no more: a log that grows meanwhile has its length in the answer's head already. */
async function* chunksOf(path: string, sizeBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (sizeBytes === 0) return;
  const file = await open(path, "r");
  for await (const chunk of file.createReadStream({ end: sizeBytes - 1, signal })) yield chunk as Uint8Array;
}

async function find(root: string, parts: readonly string[]): Promise<HostLog | undefined> {
  if (parts.some((part) => part === ".." || part.includes("/") || part.includes("\0"))) return undefined;
  const base = await realpath(root).catch(() => undefined);
  const path = await realpath(join(root, ...parts)).catch(() => undefined);
  if (base === undefined || path === undefined || (path !== base && !path.startsWith(base + sep))) return undefined;
  const found = await stat(path);
  if (found.isDirectory()) {
    const entries = await readdir(path, { withFileTypes: true });
    return { names: entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort() };
  }
  if (!found.isFile()) return undefined;
  return { sizeBytes: found.size, chunks: (signal) => chunksOf(path, found.size, signal) };
}

export const hostLogFiles = (root: string = HOST_LOG_DIRECTORY): HostLogs => ({ find: (parts) => find(root, parts) });

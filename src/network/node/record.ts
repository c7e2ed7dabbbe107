/**
 * What we changed on the machine, written down before each change: whoever tears down, this process or another after a crash, removes
 * exactly that and puts back what was there.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

export interface NodeNetworkRecord {
  /** Our device, once we set out to make it. */
  device?: string;
  /** Routes as arguments of `ip route`, in the order in which they were added. */
  routes: string[][];
  /** Files beneath /proc/sys and what they held before us. */
  sysctls: Record<string, string>;
}

export interface RecordFile {
  readonly record: NodeNetworkRecord;
  /** Whether the file was there. */
  readonly found: boolean;
  /** Durable when it resolves. */
  save(): Promise<void>;
  remove(): Promise<void>;
}

export async function openRecord(path: string): Promise<RecordFile> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  const record: NodeNetworkRecord = { routes: [], sysctls: {}, ...(text === undefined ? {} : JSON.parse(text)) };
  return {
    record,
    found: text !== undefined,
    async save() {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flush: true });
      await rename(`${path}.new`, path);
    },
    remove: () => rm(path, { force: true }),
  };
}

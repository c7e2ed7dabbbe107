/**
 * The data directory: `FORMAT` says which version of the format it has, `LOCK` which process uses it, `store.mdb` is the database.
 *
 * Everything that a start has to decide about files is decided here, before lmdb maps them: a file shorter than its meta page says
 * would end the process with SIGBUS instead of an error.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { StoreError } from "../store.ts";
import { damaged } from "./reader.ts";

const FORMAT = "timonier-store 1\n";
const DATABASE = "store.mdb";

/** Where LMDB keeps what in a meta page (its data version 2). */
const META = { bytes: 176, magic: 24, version: 28, pageSize: 48, flags: 52, lastPage: 144, transaction: 152 } as const;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const OVERLAPPING_SYNC = 0x1000;

export interface DataDirectory {
  readonly databasePath: string;
  /** The file is shorter than it might be: everything in it has to be read before it is used. */
  readonly doubtful: boolean;
}

/** Makes the directory or checks it. Throws `damaged`. Called while the directory is locked. */
export function prepareDirectory(directory: string): DataDirectory {
  const databasePath = join(directory, DATABASE);
  const formatPath = join(directory, "FORMAT");
  if (existsSync(formatPath)) {
    const format = readFileSync(formatPath, "utf8");
    if (format !== FORMAT) {
      throw new StoreError(
        "damaged",
        `${formatPath} says ${JSON.stringify(format.trim())}, and this version reads ${JSON.stringify(FORMAT.trim())}: use the version that wrote it, or another data directory`,
      );
    }
  } else if (existsSync(databasePath)) {
    throw damaged(`${formatPath} is missing`);
  } else {
    replaceFile(formatPath, FORMAT);
  }
  // What an interrupted compact copy left behind.
  rmSync(copyPath(databasePath), { force: true });
  const empty = !existsSync(databasePath) || statSync(databasePath).size === 0;
  return { databasePath, doubtful: !empty && checkDatabase(databasePath).doubtful };
}

/**
 * Reads the meta pages. A file may be shorter than they say, where its last pages are free and were never written; it is made as
 * long, since touching what is missing would end the process, and everything in it is read before it is used.
 */
function checkDatabase(path: string): { doubtful: boolean } {
  const metas = [readMeta(path, 0), readMeta(path, 1)].filter((meta) => meta !== undefined);
  const newest = metas.sort((a, b) => b.transaction - a.transaction)[0];
  if (newest === undefined) throw damaged(`${path} is not a database of this version`);
  if ((newest.flags & OVERLAPPING_SYNC) !== 0) throw damaged(`${path} was written without waiting for the disk`);
  const needed = (newest.lastPage + 1) * newest.pageSize;
  if (statSync(path).size >= needed) return { doubtful: false };
  truncateSync(path, needed);
  return { doubtful: true };
}

function readMeta(
  path: string,
  page: number,
): { pageSize: number; flags: number; lastPage: number; transaction: number } | undefined {
  const bytes = Buffer.alloc(META.bytes);
  const file = openSync(path, "r");
  try {
    // The first page tells the page size of both.
    if (readSync(file, bytes, 0, META.bytes, 0) < META.bytes) return undefined;
    const pageSize = bytes.readUInt32LE(META.pageSize);
    if (page > 0 && readSync(file, bytes, 0, META.bytes, page * pageSize) < META.bytes) return undefined;
    if (bytes.readUInt32LE(META.magic) !== MAGIC || bytes.readUInt32LE(META.version) !== DATA_VERSION) return undefined;
    const transaction = Number(bytes.readBigUInt64LE(META.transaction));
    const lastPage = transaction === 0 ? 0 : Number(bytes.readBigUInt64LE(META.lastPage));
    return { pageSize, flags: bytes.readUInt16LE(META.flags), lastPage, transaction };
  } finally {
    closeSync(file);
  }
}

export const copyPath = (databasePath: string): string => `${databasePath}.copy`;

/** Puts a finished copy in the place of the database: synced first, so that a power cut leaves the one or the other. */
export function adoptCopy(databasePath: string): void {
  syncPath(copyPath(databasePath));
  renameSync(copyPath(databasePath), databasePath);
  rmSync(`${databasePath}-lock`, { force: true });
  syncPath(join(databasePath, ".."));
}

/** Files that were just made survive a power cut only when their directory was synced. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function replaceFile(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { flush: true });
  renameSync(`${path}.new`, path);
  syncPath(join(path, ".."));
}

export function makeDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

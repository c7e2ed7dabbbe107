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

export interface DataDirectory {
  readonly databasePath: string;
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
  if (existsSync(databasePath) && statSync(databasePath).size > 0) checkDatabase(databasePath);
  return { databasePath };
}

/** Compares the length of the file with what its newest meta page says. */
function checkDatabase(path: string): void {
  const size = statSync(path).size;
  const pages = [0, 1].map((page) => readMeta(path, page));
  const metas = pages.filter((meta) => meta !== undefined);
  const newest = metas.sort((a, b) => b.transaction - a.transaction)[0];
  if (newest === undefined) throw damaged(`${path} is not a database of this version`);
  // The last page may be free and so never written; those before it are there.
  if (size < Math.min(newest.lastPage, 1) * newest.pageSize) throw damaged(`${path} is cut off`);
  if (size < newest.lastPage * newest.pageSize)
    throw damaged(`${path} has ${size} bytes where it needs ${newest.lastPage * newest.pageSize}`);
}

function readMeta(path: string, page: number): { pageSize: number; lastPage: number; transaction: number } | undefined {
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
    return { pageSize, lastPage, transaction };
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

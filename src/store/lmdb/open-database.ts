/** Opens the database of a data directory: locked, checked, and copied compactly where the file has grown to twice its content. */
import { rmSync, statSync } from "node:fs";
import type { Logger } from "../../base/logger.ts";
import { StoreError } from "../store.ts";
import { adoptCopy, copyPath, makeDirectory, prepareDirectory, syncPath } from "./directory.ts";
import { lockDirectory } from "./lock.ts";
import { damaged, reader } from "./reader.ts";
import { readRevision } from "./record.ts";
import { type SpaceGuard, spaceGuard } from "./space.ts";
import { openTables, readState, type Tables } from "./tables.ts";

export interface DatabaseOptions {
  readonly directory: string;
  readonly maxBytes: number;
  readonly noSync: boolean;
  readonly logger: Logger;
}

export interface OpenDatabase {
  readonly tables: Tables;
  readonly space: SpaceGuard;
  /** Lets another process have the directory. After the tables are closed. */
  release(): void;
}

/** Below this a file is left as it is. */
const SMALL_FILE_BYTES = 64 * 1024 * 1024;

export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  makeDirectory(options.directory);
  const lock = lockDirectory(options.directory);
  try {
    const { databasePath, doubtful } = prepareDirectory(options.directory);
    let tables = await openChecked(databasePath, options, doubtful);
    if (isSparse(databasePath, tables)) tables = await copyCompactly(databasePath, tables, options);
    syncPath(options.directory);
    const space = spaceGuard(databasePath, options.maxBytes);
    return {
      tables,
      space,
      release() {
        space.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Twice the limit and some: freed pages and the limit's own inexactness never meet the end of the map first. */
const mapBytes = (maxBytes: number): number => Math.ceil((maxBytes * 2 + 256 * 1024 * 1024) / 4096) * 4096;

async function openChecked(path: string, options: DatabaseOptions, readAll: boolean): Promise<Tables> {
  let tables: Tables | undefined;
  try {
    tables = await openTables(path, { mapBytes: mapBytes(options.maxBytes), noSync: options.noSync });
    check(tables, path, readAll);
    return tables;
  } catch (error) {
    await tables?.root.close();
    if (error instanceof StoreError || (error as NodeJS.ErrnoException).code === "EACCES") throw error;
    throw new StoreError("damaged", damaged(`${path} cannot be read (${(error as Error).message})`).message, { cause: error });
  }
}

/** That the newest record is the one that the state names; with `readAll`, that every record and row can be read. */
function check(tables: Tables, path: string, readAll: boolean): void {
  const { newest } = readState(tables);
  for (const revision of tables.log.getKeys({ reverse: true, limit: 1 })) {
    if (revision > newest) throw damaged(`${path} has a record ${revision} beyond its newest revision ${newest}`);
  }
  if (!readAll) return;
  const log = reader(tables);
  for (const table of [tables.current, tables.deleted]) {
    for (const { key, value } of table.getRange({})) {
      const revision = readRevision(value, 0);
      if (log.recordHead(revision)?.key !== key) throw damaged(`${path} has no record ${revision} of ${key}`);
    }
  }
}

function isSparse(path: string, tables: Tables): boolean {
  const { size } = statSync(path);
  return size > SMALL_FILE_BYTES && size > 2 * readState(tables).contentBytes;
}

/** Where there is no space for a copy, the file stays as it is: its free pages are used again. */
async function copyCompactly(path: string, tables: Tables, options: DatabaseOptions): Promise<Tables> {
  const before = statSync(path).size;
  try {
    await tables.root.backup(copyPath(path), true);
  } catch (error) {
    rmSync(copyPath(path), { force: true });
    options.logger.warn("the store could not be copied compactly", { error: String(error) });
    return tables;
  }
  await tables.root.close();
  adoptCopy(path);
  options.logger.info("the store was copied compactly", { bytesBefore: before, bytesAfter: statSync(path).size });
  return openChecked(path, options, false);
}

/**
 * What is done when space runs out. Puts are refused while the store holds its limit or the disk is nearly full; deletes and
 * compaction, which make room, are let through and use the reserve. Reads go on.
 */
import { closeSync, fdatasyncSync, openSync, statfsSync } from "node:fs";
import { type Operation, StoreError } from "../store.ts";

export interface SpaceGuard {
  /** Throws `full` where `operations` put something and there is no room for it. */
  admit(operations: readonly Operation[], heldBytes: number): void;
  /** A batch was written, so the disk may be fuller. */
  refresh(): void;
  /**
   * What a failed write means: "full" where there was no room, "unknown" where it is open what is on disk.
   *
   * LMDB reports a write that was cut short, which is how a full disk often shows first, with the code of a failed sync (EIO). The
   * kernel reports a failed sync once to every descriptor that was open then, so a sync through our own tells them apart.
   */
  diagnose(error: unknown): "full" | "unknown";
  close(): void;
}

/** Left on the disk for deletes and compaction. */
const RESERVE_BYTES = 16 * 1024 * 1024;

const EIO = 5;
/** ENOSPC, EFBIG, EDQUOT, MDB_MAP_FULL. */
const NO_SPACE = new Set([28, 27, 122, -30792]);

export function spaceGuard(databasePath: string, maxBytes: number): SpaceGuard {
  const file = openSync(databasePath, "r+");
  const read = (): number => {
    const { bavail, bsize } = statfsSync(databasePath);
    return bavail * bsize;
  };
  let freeBytes = read();

  function syncsAreSound(): boolean {
    try {
      fdatasyncSync(file);
      return true;
    } catch {
      return false;
    }
  }

  return {
    admit(operations, heldBytes) {
      if (heldBytes < maxBytes && freeBytes >= RESERVE_BYTES) return;
      if (!operations.some((operation) => operation.type === "put")) return;
      if (heldBytes >= maxBytes) {
        throw new StoreError("full", `the store holds its limit of ${maxBytes} bytes: delete objects, or raise the limit`);
      }
      freeBytes = read();
      if (freeBytes >= RESERVE_BYTES) return;
      throw new StoreError("full", `the disk of ${databasePath} has only ${freeBytes} bytes left: make room on it`);
    },
    refresh() {
      freeBytes = read();
    },
    diagnose(error) {
      const code = (error as { code?: unknown } | undefined)?.code;
      if (typeof code !== "number") return "unknown";
      return NO_SPACE.has(code) || (code === EIO && syncsAreSound()) ? "full" : "unknown";
    },
    close: () => closeSync(file),
  };
}

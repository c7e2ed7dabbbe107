/**
 * One process uses a data directory. `LOCK` names it by its pid and its start time, so that a pid that was given to another process
 * since is not taken for it; a lock whose process is gone is taken over.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../store.ts";

export interface DirectoryLock {
  release(): void;
}

/** Throws `locked`, naming the process that uses the directory. */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, "LOCK");
  const own = `${process.pid} ${startTime(process.pid)}\n`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, own);
  try {
    for (let attempt = 0; ; attempt++) {
      if (linked(draft, path)) break;
      const holder = read(path);
      if (holder === undefined) continue;
      const pid = Number.parseInt(holder, 10);
      if (attempt > 10 || holder === own || isAlive(holder)) {
        throw new StoreError("locked", `${directory} is in use by process ${pid}: stop it first, or use another data directory`);
      }
      takeAway(path, holder, `${draft}.old`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release() {
      if (read(path) === own) rmSync(path, { force: true });
    },
  };
}

/** A link is made by one of several processes only, and with its content. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a stale lock. Where another process was faster, its lock is given back. */
function takeAway(path: string, stale: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (read(aside) !== stale) linked(aside, path);
  rmSync(aside, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(holder: string): boolean {
  const [pid = 0, started = "0"] = holder.trim().split(" ");
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return startTime(Number(pid)) === started;
}

/**
 * When the process started, in the system's own count; "0" where the system does not tell (then the pid alone decides). A process that
 * is dead, and only waits for its parent to hear of it, has no start.
 */
function startTime(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return "0";
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "" : (fields[19] ?? "0");
}

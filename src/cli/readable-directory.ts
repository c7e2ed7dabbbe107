/** A data directory that is there and that we may read. */
import { accessSync, constants, statSync } from "node:fs";
import type { DataDirectory } from "../cluster/data-directory.ts";
import { CommandError } from "./failure.ts";

/** Throws where it is somebody else's, says whose; answers whether it is there. */
export function isReadable({ path }: DataDirectory): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") return false;
    throw new CommandError(
      `${path} is not readable for user ${process.getuid?.()}${ownerOf(path)}: run as its owner (sudo), or name another directory with --data-dir`,
    );
  }
}

export function requireDirectory(directory: DataDirectory): void {
  if (!isReadable(directory))
    throw new CommandError(
      `there is no cluster in ${directory.path}: start one with \`timonier up\`, or name another directory with --data-dir`,
    );
}

function ownerOf(path: string): string {
  try {
    return `, it belongs to ${statSync(path).uid === 0 ? "root" : `user ${statSync(path).uid}`}`;
  } catch {
    return "";
  }
}

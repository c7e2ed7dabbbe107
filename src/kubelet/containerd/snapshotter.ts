/** How image layers become root file systems: overlayfs, or plain copies where the data directory's file system cannot carry it. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Layout } from "./layout.ts";

export type Snapshotter = "overlayfs" | "native";

const run = promisify(execFile);

/** Images are unpacked for one snapshotter: the previous configuration's choice stays. */
export async function chooseSnapshotter(layout: Layout, previousConfig: string): Promise<Snapshotter> {
  const previous = /^\s*snapshotter = "(overlayfs|native)"$/m.exec(previousConfig)?.[1];
  if (previous === "overlayfs" || previous === "native") return previous;
  return (await carriesOverlay(layout.directory)) ? "overlayfs" : "native";
}

/** Tries it: a file system may refuse (another overlay, some network file systems) in ways that nothing else tells. */
export async function carriesOverlay(directory: string): Promise<boolean> {
  const place = await mkdtemp(join(directory, "overlay-"));
  const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => join(place, name));
  try {
    for (const path of [lower, upper, work, merged]) await mkdir(path ?? place, { recursive: true });
    await run("mount", [
      "-t",
      "overlay",
      "overlay",
      "-o",
      `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
      merged ?? place,
    ]);
    await run("umount", [merged ?? place]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

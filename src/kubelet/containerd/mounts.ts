/** What is mounted beneath directories of ours: it goes before they do, or their removal would empty what is mounted. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { NodeSetupError } from "./setup-error.ts";

const run = promisify(execFile);

export async function unmountBelow(directories: readonly string[]): Promise<void> {
  const points = await mountedBelow(directories);
  // Lazily: what still holds one open was ended and is about to go.
  if (points.length > 0) await run("umount", ["-l", ...points]);
}

/** Throws where something is mounted still. */
export async function assertNothingMounted(directories: readonly string[]): Promise<void> {
  const [point] = await mountedBelow(directories);
  if (point !== undefined) throw new NodeSetupError(`${point} is mounted still, so nothing beneath it is removed: unmount it`);
}

const mountedBelow = async (directories: readonly string[]): Promise<string[]> =>
  mountPointsBelow(await readFile("/proc/self/mountinfo", "utf8").catch(() => ""), directories);

/** Innermost first. Mount points are written with octal escapes. */
export function mountPointsBelow(mountinfo: string, directories: readonly string[]): string[] {
  return mountinfo
    .split("\n")
    .flatMap((line) => line.split(" ")[4] ?? [])
    .map((escaped) => escaped.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((point) => directories.some((directory) => point === directory || point.startsWith(`${directory}/`)))
    .reverse();
}

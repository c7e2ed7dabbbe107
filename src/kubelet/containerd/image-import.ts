/**
 * Loads images from archives: what `docker save` writes, and OCI layouts, plain or compressed.
 *
 * containerd's own client does it, which comes in the same package: reading both formats, checking digests and unpacking is its work,
 * and the CRI has no call for it. docs/decisions/image-import.md
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Clock, sleep } from "../../base/clock.ts";
import type { ImageService } from "../runtime/images.ts";
import { NodeSetupError } from "./setup-error.ts";

const run = promisify(execFile);

export interface Importer {
  /** Path of containerd's client. */
  readonly ctr: string;
  readonly socket: string;
}

/** The name space in which the CRI looks. */
const CRI_NAMESPACE = "k8s.io";
const SHOWN_TIMEOUT_MS = 10_000;

/** Imports and unpacks; answers the names of the images. Throws with the client's words. */
export async function importImage({ ctr, socket }: Importer, archive: string): Promise<string[]> {
  const args = ["--address", socket, "--namespace", CRI_NAMESPACE, "images", "import", "--digests=false", archive];
  try {
    const { stdout } = await run(ctr, args, { maxBuffer: 16 * 1024 * 1024 });
    return parseImported(stdout);
  } catch (error) {
    const words = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr).trim() : "";
    throw new NodeSetupError(`${archive} cannot be loaded: ${words.replace(/^ctr: /, "") || String(error)}`, { cause: error });
  }
}

/** Imports, and resolves when the CRI shows every image: it learns of them a moment later. */
export async function loadImages(importer: Importer, images: ImageService, archive: string, clock: Clock): Promise<string[]> {
  const names = await importImage(importer, archive);
  const deadline = clock.monotonic() + SHOWN_TIMEOUT_MS;
  for (const name of names)
    while ((await images.imageStatus(name)) === undefined) {
      if (clock.monotonic() > deadline) throw new NodeSetupError(`${archive} was loaded, but the runtime does not show ${name}`);
      await sleep(clock, 5);
    }
  return names;
}

/** `unpacking docker.io/library/busybox:1 (sha256:…)...done` */
export function parseImported(output: string): string[] {
  return [...output.matchAll(/^unpacking (\S+) \(sha256:/gm)].flatMap(([, name]) => name ?? []);
}

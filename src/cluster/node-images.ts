/** Images of the real node: loading archives, and what is there. */
import type { Clock } from "../base/clock.ts";
import { containerdLayout, inspectMachine, loadImages } from "../kubelet/containerd/index.ts";
import { criRuntime } from "../kubelet/runtime/cri/cri-runtime.ts";
import type { Image } from "../kubelet/runtime/images.ts";
import { type DataDirectory, readServerState } from "./data-directory.ts";

/** The node has no runtime of its own. The message says what to do. */
export class NoImagesError extends Error {
  override readonly name = "CommandError";
}

function socketOf(directory: DataDirectory): string {
  if (readServerState(directory)?.runtime !== "containerd") {
    throw new NoImagesError("nodes of this cluster are simulated: they have every image, and none can be loaded");
  }
  return containerdLayout(directory.agent).socket;
}

/** Loads a docker-archive or OCI layout; the names under which its images are found. */
export async function loadArchive(directory: DataDirectory, archive: string, clock: Clock): Promise<string[]> {
  const socket = socketOf(directory);
  const { ctr } = await inspectMachine();
  if (ctr === undefined) throw new NoImagesError("ctr is not installed: `timonier doctor` says how to get it");
  const runtime = await criRuntime({ endpoint: socket, clock });
  try {
    return await loadImages({ ctr, socket }, runtime, archive, clock);
  } finally {
    await runtime.close();
  }
}

export async function nodeImages(directory: DataDirectory, clock: Clock): Promise<readonly Image[]> {
  const runtime = await criRuntime({ endpoint: socketOf(directory), clock });
  try {
    return await runtime.listImages();
  } finally {
    await runtime.close();
  }
}

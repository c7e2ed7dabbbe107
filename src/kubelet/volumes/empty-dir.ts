/** A directory of the Pod's own, on disk or in memory. https://kubernetes.io/docs/concepts/storage/volumes/#emptydir */
import type { EmptyDirVolumeSource } from "../../api/generated/shared.ts";
import { quantityValue } from "../../api/quantity.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Host } from "../host/host.ts";

export interface EmptyDirOptions {
  /** Of the Pod: its files belong to it. */
  group: number | undefined;
  /** Bytes of memory that the Pod can have at all. */
  memoryBytes: number;
}

export async function emptyDir(
  host: Host,
  path: string,
  { medium = "", sizeLimit }: DeepReadonly<EmptyDirVolumeSource>,
  { group, memoryBytes }: EmptyDirOptions,
): Promise<void> {
  // What is there already is kept: containers restart, their files stay.
  const isThere = (await host.kindOf(path)) === "Directory";
  // A kubelet may have died between the directory and its mount.
  if (isThere && (medium !== "Memory" || (await host.isMountPoint(path)))) return;
  await host.makeDirectory(path, 0o777);
  if (medium === "Memory") {
    const asked = sizeLimit === undefined ? 0 : quantityValue(sizeLimit);
    await host.mountMemory(path, asked > 0 ? Math.min(asked, memoryBytes) : memoryBytes);
  }
  if (group !== undefined) await host.giveToGroup(path, group);
}

/** A directory of the Pod's own, on disk or in memory. https://kubernetes.io/docs/concepts/storage/volumes/#emptydir */
import type { EmptyDirVolumeSource } from "../../api/generated/shared.ts";
import { quantityValue } from "../../api/quantity.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Host } from "../host/host.ts";

export async function emptyDir(
  host: Host,
  path: string,
  { medium = "", sizeLimit }: DeepReadonly<EmptyDirVolumeSource>,
  group: number | undefined,
): Promise<void> {
  // What is there already is kept: containers restart, their files stay.
  if ((await host.kindOf(path)) === "Directory") return;
  await host.makeDirectory(path, 0o777);
  if (medium === "Memory") await host.mountMemory(path, sizeLimit === undefined ? undefined : quantityValue(sizeLimit));
  if (group !== undefined) await host.giveToGroup(path, group);
}

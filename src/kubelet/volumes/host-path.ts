/** A path of the node's own, checked as its type says. https://kubernetes.io/docs/concepts/storage/volumes/#hostpath */
import type { HostPathVolumeSource } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Host, PathKind } from "../host/host.ts";

/** What has to be there, and how upstream says that it is not. */
const WANTED: Readonly<Record<string, readonly [PathKind, string]>> = {
  Directory: ["Directory", "directory"],
  File: ["File", "file"],
  Socket: ["Socket", "socket"],
  CharDevice: ["CharDevice", "character device"],
  BlockDevice: ["BlockDevice", "block device"],
};

/** The path. Rejects with upstream's words. */
export async function checkHostPath(host: Host, { path, type = "" }: DeepReadonly<HostPathVolumeSource>): Promise<string> {
  if (type === "DirectoryOrCreate" && (await host.kindOf(path)) === undefined) await host.makeDirectory(path, 0o755);
  if (type === "FileOrCreate" && (await host.kindOf(path)) === undefined) await host.writeFile(path, new Uint8Array(0), 0o644);
  const [kind, word] = WANTED[type.replace("OrCreate", "")] ?? [undefined, ""];
  if (kind !== undefined && (await host.kindOf(path)) !== kind)
    throw new Error(`hostPath type check failed: ${path} is not a ${word}`);
  // As the container runtimes always did, an untyped path that is missing becomes a directory.
  if (type === "" && (await host.kindOf(path)) === undefined) await host.makeDirectory(path, 0o755);
  return path;
}

/**
 * The machine as the kubelet uses it: files and mounts. Absent on simulated nodes, which have none.
 *
 * Paths are absolute. Methods reject with an Error that has the operating system's code (ENOENT, …) in `code`.
 */
import type { LinuxContainerResources } from "../runtime/config.ts";
import type { VolumeFiles } from "../volumes/sources.ts";

export type PathKind = "Directory" | "File" | "Socket" | "CharDevice" | "BlockDevice" | "Symlink" | "Other";

export interface Host {
  /** What is there, links followed; undefined where nothing is. */
  kindOf(path: string): Promise<PathKind | undefined>;
  makeDirectory(path: string, mode: number): Promise<void>;
  writeFile(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** The file and all above it. Nothing where it is not there. Never follows links, never leaves the file system of `path`. */
  remove(path: string): Promise<void>;
  /**
   * Replaces the contents of a volume as one step that readers see whole: files live behind `..data`, a link that is exchanged.
   * False where nothing differed.
   */
  writeVolume(directory: string, files: VolumeFiles, group: number | undefined): Promise<boolean>;
  /** Gives a tree to a group, readable and writable, new files inheriting it. */
  giveToGroup(path: string, group: number): Promise<void>;
  mountMemory(path: string, sizeBytes: number): Promise<void>;
  unmount(path: string): Promise<void>;
  isMountPoint(path: string): Promise<boolean>;
  /** Everything that is mounted at the path or beneath it. */
  unmountBelow(path: string): Promise<void>;
  /** Names in a directory; none where it is not there. */
  list(path: string): Promise<string[]>;
  /** Names of the cgroups right beneath one, in whichever hierarchy. */
  listCgroups(path: string): Promise<string[]>;
  /** Kills what still runs in a cgroup or beneath it, and removes it from every hierarchy. */
  endCgroup(path: string): Promise<void>;
  /** Makes the cgroup `path` (`/kubepods/podUID`) where it is missing, and limits it; what is left out is unlimited. */
  setCgroup(path: string, resources: LinuxContainerResources): Promise<void>;
  /** One in which something still runs stays. */
  removeCgroup(path: string): Promise<void>;
  /** Resolves `subPath` inside `root` so that no link leads out of it; makes missing directories where asked. */
  within(root: string, subPath: string, create: boolean): Promise<string>;
}

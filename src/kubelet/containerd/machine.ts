/**
 * What this machine offers for real containers, found out once: the programs and their versions, the cgroup layout, what the kernel and
 * our privileges allow. Nothing is changed.
 */
import { execFile } from "node:child_process";
import { access, constants, readFile, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** One hierarchy (v2), or one a controller (v1, and v1 with a v2 tree beside it). */
export type CgroupVersion = 1 | 2;

export interface Machine {
  readonly root: boolean;
  readonly cgroupVersion: CgroupVersion;
  /** Whether processes may be made less likely to be killed than we are: CAP_SYS_RESOURCE. */
  readonly lowersOomScore: boolean;
  /** Undefined where it is not installed. */
  readonly containerd: Program | undefined;
  readonly runc: string | undefined;
  readonly ctr: string | undefined;
  /** The directory of the CNI plugins; undefined where bridge and host-local are not installed. */
  readonly cniPlugins: string | undefined;
}

export interface Program {
  readonly path: string;
  /** `1.6.20`, `2.1.4`. */
  readonly version: string;
}

const CNI_DIRECTORIES = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];
const CAP_SYS_RESOURCE = 24n;

export async function inspectMachine(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<Machine> {
  // Superusers' programs stand where a user's search path may not look.
  const search = [
    ...(environment.PATH ?? "").split(delimiter),
    "/usr/local/sbin",
    "/usr/sbin",
    "/sbin",
    "/usr/local/bin",
    "/usr/bin",
  ];
  const [containerd, runc, ctr, cniPlugins, cgroupVersion, lowersOomScore] = await Promise.all([
    findProgram(search, "containerd"),
    findExecutable(search, "runc"),
    findExecutable(search, "ctr"),
    findCniPlugins(),
    findCgroupVersion(),
    hasCapability(CAP_SYS_RESOURCE),
  ]);
  return { root: process.getuid?.() === 0, cgroupVersion, lowersOomScore, containerd, runc, ctr, cniPlugins };
}

export type MissingPart = "root" | "containerd" | "runc" | "cni";

/** Why containers cannot be run here, in words for people; undefined where they can. */
export function obstacle(machine: Machine): { part: MissingPart; message: string } | undefined {
  if (!machine.root) return { part: "root", message: "real containers need root: run as root, or use --runtime simulated" };
  if (machine.containerd === undefined || machine.ctr === undefined)
    return { part: "containerd", message: "containerd is not installed (Debian package containerd)" };
  if (machine.runc === undefined) return { part: "runc", message: "runc is not installed (Debian package runc)" };
  if (machine.cniPlugins === undefined)
    return {
      part: "cni",
      message: `the CNI plugins bridge and host-local are in none of ${CNI_DIRECTORIES.join(", ")} (Debian package containernetworking-plugins)`,
    };
  return undefined;
}

async function findExecutable(search: readonly string[], name: string): Promise<string | undefined> {
  for (const directory of search) {
    if (directory === "") continue;
    const path = join(directory, name);
    if (await executable(path)) return path;
  }
  return undefined;
}

const executable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

async function findProgram(search: readonly string[], name: string): Promise<Program | undefined> {
  const path = await findExecutable(search, name);
  if (path === undefined) return undefined;
  const { stdout } = await run(path, ["--version"]);
  return { path, version: parseVersion(stdout) };
}

/** `containerd github.com/containerd/containerd v2.1.4 …` */
export function parseVersion(text: string): string {
  return /\bv?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? "0.0.0";
}

async function findCniPlugins(): Promise<string | undefined> {
  for (const directory of CNI_DIRECTORIES)
    if ((await executable(join(directory, "bridge"))) && (await executable(join(directory, "host-local")))) return directory;
  return undefined;
}

async function findCgroupVersion(): Promise<CgroupVersion> {
  const unified = await stat("/sys/fs/cgroup/cgroup.controllers").catch(() => undefined);
  return unified === undefined ? 1 : 2;
}

async function hasCapability(capability: bigint): Promise<boolean> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}

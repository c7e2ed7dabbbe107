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
  readonly linux: boolean;
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
  /** What sets up networks and volumes: where each is, undefined where it is not installed. */
  readonly tools: Readonly<Record<Tool, string | undefined>>;
}

/** `conntrack` is missed only by UDP Services whose endpoints change. */
const TOOLS = ["nft", "ip", "mount", "conntrack"] as const;
export type Tool = (typeof TOOLS)[number];

export interface Program {
  readonly path: string;
  /** `1.6.20`, `2.1.4`. */
  readonly version: string;
}

export const CNI_DIRECTORIES = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];
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
  const [containerd, runc, ctr, cniPlugins, cgroupVersion, lowersOomScore, tools] = await Promise.all([
    findProgram(search, "containerd"),
    findExecutable(search, "runc"),
    findExecutable(search, "ctr"),
    findCniPlugins(),
    findCgroupVersion(),
    hasCapability(CAP_SYS_RESOURCE),
    Promise.all(TOOLS.map(async (tool) => [tool, await findExecutable(search, tool)] as const)),
  ]);
  return {
    linux: process.platform === "linux",
    root: process.getuid?.() === 0,
    cgroupVersion,
    lowersOomScore,
    containerd,
    runc,
    ctr,
    cniPlugins,
    tools: Object.fromEntries(tools) as Machine["tools"],
  };
}

export type MissingPart = "linux" | "root" | "containerd" | "ctr" | "runc" | "cni" | Exclude<Tool, "conntrack">;

export interface Obstacle {
  readonly part: MissingPart;
  /** For people. */
  readonly message: string;
}

const HOW = "`timonier doctor` says how to get it";

/** All for which real containers cannot be run here: `timonier up` refuses for the first, `timonier doctor` tells of each. */
export function obstacles(machine: Machine): Obstacle[] {
  const found: Obstacle[] = [];
  const miss = (part: MissingPart, message: string): void => void found.push({ part, message });
  if (!machine.linux) miss("linux", "real containers need Linux: use --runtime simulated");
  if (!machine.root) miss("root", "real containers need root: run as root, or use --runtime simulated");
  for (const part of ["containerd", "ctr", "runc"] as const)
    if (machine[part] === undefined) miss(part, `${part} is not installed: ${HOW}`);
  if (machine.cniPlugins === undefined)
    miss("cni", `the CNI plugins bridge and host-local are in none of ${CNI_DIRECTORIES.join(", ")}: ${HOW}`);
  for (const tool of ["nft", "ip", "mount"] as const)
    if (machine.tools[tool] === undefined) miss(tool, `${tool} is not installed: ${HOW}`);
  return found;
}

/** Why containers cannot be run here; undefined where they can. */
export const obstacle = (machine: Machine): Obstacle | undefined => obstacles(machine)[0];

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
  // One that cannot say its version cannot run either.
  const answer = await run(path, ["--version"]).catch(() => undefined);
  return answer && { path, version: parseVersion(answer.stdout) };
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

/**
 * The cgroups of Pods and of their classes of service, which containers lie beneath: made and limited by the kubelet, before the
 * runtime comes to them.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ and https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { mkdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cgroupDirectories } from "../containerd/cgroups.ts";
import type { LinuxContainerResources } from "../runtime/config.ts";

const MOUNT = "/sys/fs/cgroup";
const UNLIMITED = "-1";

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** As the runtime turns shares (2 to 262144) into a weight (1 to 10000). */
const weightOf = (shares: number): number => 1 + Math.floor(((shares - 2) * 9999) / 262142);

/** Hands the controllers that are there down to `path`, one level after the other. */
async function enableControllers(mount: string, path: string): Promise<void> {
  const parent = dirname(path);
  if (parent !== path && parent !== "/") await enableControllers(mount, parent);
  const directory = join(mount, parent);
  const controllers = (await readFile(join(directory, "cgroup.controllers"), "utf8")).trim().split(/\s+/);
  const wanted = controllers.filter((name) => ["cpu", "cpuset", "memory", "pids", "io", "hugetlb"].includes(name));
  await mkdir(join(mount, path), { recursive: true });
  if (wanted.length > 0) await writeFile(join(directory, "cgroup.subtree_control"), wanted.map((name) => `+${name}`).join(" "));
}

async function writeUnified(mount: string, path: string, resources: LinuxContainerResources): Promise<void> {
  const { cpuShares, cpuPeriod = 100_000, cpuQuota, memoryLimitBytes } = resources;
  await enableControllers(mount, path);
  const directory = join(mount, path);
  if (cpuShares !== undefined) await writeFile(join(directory, "cpu.weight"), String(weightOf(cpuShares)));
  await writeFile(join(directory, "cpu.max"), `${cpuQuota ?? "max"} ${cpuPeriod}`);
  await writeFile(join(directory, "memory.max"), String(memoryLimitBytes ?? "max"));
}

async function writeSeparate(mount: string, path: string, resources: LinuxContainerResources): Promise<void> {
  const { cpuShares, cpuPeriod = 100_000, cpuQuota, memoryLimitBytes } = resources;
  const cpu = join(mount, "cpu", path);
  await mkdir(cpu, { recursive: true });
  if (cpuShares !== undefined) await writeFile(join(cpu, "cpu.shares"), String(cpuShares));
  // A kernel may be made without limits of processor time.
  if (await isThere(join(cpu, "cpu.cfs_quota_us"))) {
    await writeFile(join(cpu, "cpu.cfs_period_us"), String(cpuPeriod));
    await writeFile(join(cpu, "cpu.cfs_quota_us"), String(cpuQuota ?? UNLIMITED));
  }
  const memory = join(mount, "memory", path);
  await mkdir(memory, { recursive: true });
  await writeFile(join(memory, "memory.limit_in_bytes"), String(memoryLimitBytes ?? UNLIMITED));
}

/** Makes the cgroup where it is missing; what `resources` leaves out is unlimited. */
export async function setCgroup(path: string, resources: LinuxContainerResources, mount: string = MOUNT): Promise<void> {
  const isUnified = await isThere(join(mount, "cgroup.controllers"));
  await (isUnified ? writeUnified(mount, path, resources) : writeSeparate(mount, path, resources));
}

/** One in which something still runs stays. */
export async function removeCgroup(path: string, mount: string = MOUNT): Promise<void> {
  for (const directory of await cgroupDirectories(path, mount)) await rmdir(directory).catch(() => {});
}

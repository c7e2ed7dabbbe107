/** What really runs on a test's node: containers as the runtime lists them, and their processes as the kernel does. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { realClock } from "../../src/base/clock.ts";
import { cgroupDirectories } from "../../src/kubelet/containerd/cgroups.ts";
import { criRuntime } from "../../src/kubelet/runtime/cri/cri-runtime.ts";
import type { Runtime } from "../../src/kubelet/runtime/runtime.ts";
import { until } from "./namespaces.ts";

/** A connection to the node's containerd for as long as `use` takes. */
export async function withRuntime<T>(dataDirectory: string, use: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = await criRuntime({ endpoint: join(dataDirectory, "agent/containerd/containerd.sock"), clock: realClock });
  try {
    return await use(runtime);
  } finally {
    await runtime.close();
  }
}

export interface ContainerProcess {
  readonly pid: number;
  /** Of the container or sandbox. */
  readonly containerId: string;
  /** The first of its container. */
  readonly isFirst: boolean;
}

const CONTAINER_ID = /[0-9a-f]{64}/;

async function processOf(pid: string, cgroupRoot: string): Promise<ContainerProcess | undefined> {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const line = (await read("cgroup")).split("\n").find((each) => each.includes(`:${cgroupRoot}/`));
  const containerId = line === undefined ? undefined : CONTAINER_ID.exec(line)?.[0];
  if (containerId === undefined) return undefined;
  const status = await read("status");
  if (/^State:\s+Z/m.test(status)) return undefined;
  return { pid: Number(pid), containerId, isFirst: /^NSpid:.*\s1$/m.test(status) };
}

/** All processes of containers beneath the cgroup. */
export async function containerProcesses(cgroupRoot: string): Promise<ContainerProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => processOf(pid, cgroupRoot)));
  return found.filter((each) => each !== undefined);
}

/** The first process of a container. */
export async function firstProcess(cgroupRoot: string, containerId: string): Promise<number> {
  const found = (await containerProcesses(cgroupRoot)).find((each) => each.containerId === containerId && each.isFirst);
  if (found === undefined) throw new Error(`container ${containerId} has no process`);
  return found.pid;
}

const MOST_SHARES = 262_144;
const MOST_WEIGHT = 10_000;

/** Gives Pods the processor before all else on the machine, so that what else it has to do does not look like a failure of theirs. */
export async function preferPods(cgroupRoot: string): Promise<void> {
  await until("there are Pods", async () => (await cgroupDirectories(cgroupRoot)).length > 0);
  const files = (await cgroupDirectories(cgroupRoot)).flatMap((directory) => [
    writeFile(join(directory, "cpu.shares"), String(MOST_SHARES), { flag: "r+" }),
    writeFile(join(directory, "cpu.weight"), String(MOST_WEIGHT), { flag: "r+" }),
  ]);
  // Each hierarchy has one of the two, or none.
  await Promise.allSettled(files);
}

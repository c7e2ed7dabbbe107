/** Finds out what doctor's checks judge. Changes nothing: what has to be tried is tried in namespaces of its own. */
import { X509Certificate } from "node:crypto";
import { statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { inspectMachine, refuseOtherKubelets } from "../../kubelet/containerd/index.ts";
import { dataDirectory, runningServer } from "../data-directory.ts";
import { cgroupLayout } from "./cgroup-layout.ts";
import { DNS_PORT } from "./checks/conflicts.ts";
import { parseOsRelease } from "./distribution.ts";
import type { MachineFacts, NetworkFacts, Plan, PrivilegeFacts, ResourceFacts } from "./facts.ts";
import { gatherFirewall } from "./gather-firewall.ts";
import { gatherKernel, tryMount } from "./gather-kernel.ts";
import { gatherListeners } from "./gather-listeners.ts";
import { capture, exists, numberIn, textOf, writable } from "./reading.ts";

export interface GatherOptions {
  plan: Plan;
  clock: Clock;
}

export async function gatherFacts({ plan, clock }: GatherOptions): Promise<MachineFacts> {
  const directory = dataDirectory(plan.dataDirectory);
  const machine = await inspectMachine();
  const place = await nearestDirectory(plan.dataDirectory);
  const [kernel, privileges, network, firewall, resources, directoriesInUse, osRelease, mounts, controllers, known] =
    await Promise.all([
      gatherKernel({ machine, plan, place }),
      gatherPrivileges(machine.root),
      gatherNetwork([DNS_PORT, plan.apiPort, plan.nodePort]),
      gatherFirewall(plan),
      gatherResources(place, directory.pki, clock),
      refuseOtherKubelets(directory.agent).then(
        () => undefined,
        (error: Error) => error.message,
      ),
      textOf("/etc/os-release"),
      textOf("/proc/self/mounts"),
      textOf("/sys/fs/cgroup/cgroup.controllers"),
      textOf("/proc/cgroups"),
    ]);
  return {
    plan,
    machine,
    distribution: parseOsRelease(osRelease),
    kernel,
    cgroups: cgroupLayout({ mounts, controllers, known }),
    privileges,
    network,
    firewall,
    resources,
    directoriesInUse,
    clusterPid: runningServer(directory)?.pid,
  };
}

/** A directory that is not there yet will be on its first ancestor's file system. */
async function nearestDirectory(path: string): Promise<string> {
  return (await exists(path)) || path === dirname(path) ? path : nearestDirectory(dirname(path));
}

async function gatherPrivileges(root: boolean): Promise<PrivilegeFacts> {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await textOf("/proc/self/status"))?.[1] ?? "0";
  return { capabilities: BigInt(`0x${effective}`), mount: root ? await tryMount() : undefined, container: await containerKind() };
}

/** What programs that make containers leave in them. https://systemd.io/CONTAINER_INTERFACE/ */
async function containerKind(): Promise<string | undefined> {
  if (await exists("/.dockerenv")) return "docker";
  if (await exists("/run/.containerenv")) return "podman";
  return /(?:^|\0)container=([^\0]+)/.exec(await textOf("/proc/1/environ"))?.[1];
}

async function gatherNetwork(ports: readonly number[]): Promise<NetworkFacts> {
  const forwarding = "/proc/sys/net/ipv4/ip_forward";
  const [value, mayWrite, all, byDefault, routes, listeners] = await Promise.all([
    textOf(forwarding),
    writable(forwarding),
    numberIn("/proc/sys/net/ipv4/conf/all/rp_filter"),
    numberIn("/proc/sys/net/ipv4/conf/default/rp_filter"),
    textOf("/proc/net/route"),
    gatherListeners(ports),
  ]);
  return {
    forwarding: value === "" ? undefined : { on: value.trim() === "1", writable: mayWrite },
    reversePathFilter: all === undefined ? undefined : Math.max(all, byDefault ?? 0),
    defaultRoutes: routes.split("\n").filter((line) => line.split("\t")[1] === "00000000").length,
    listeners,
  };
}

async function gatherResources(place: string, pki: string, clock: Clock): Promise<ResourceFacts> {
  const [disk, meminfo, instances, watches, synchronized, authorityFromMs] = await Promise.all([
    statfs(place).catch(() => undefined),
    textOf("/proc/meminfo"),
    numberIn("/proc/sys/fs/inotify/max_user_instances"),
    numberIn("/proc/sys/fs/inotify/max_user_watches"),
    capture("timedatectl", ["show", "--property", "NTPSynchronized", "--value"]),
    textOf(`${pki}/ca.crt`).then(startOf),
  ]);
  return {
    disk: disk && {
      path: place,
      freeBytes: disk.bavail * disk.bsize,
      // File systems that make room for files as they go say 0 of 0.
      freeFiles: disk.files === 0 ? undefined : disk.ffree,
    },
    memoryBytes: totalmem(),
    swapBytes: Number(/^SwapTotal:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0) * 1024,
    inotifyInstances: instances,
    inotifyWatches: watches,
    nowMs: clock.now(),
    synchronized: synchronized === undefined ? undefined : synchronized.trim() === "yes",
    authorityFromMs,
  };
}

/** When a certificate begins to be valid; undefined where there is none. */
function startOf(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validFrom);
  } catch {
    return undefined;
  }
}

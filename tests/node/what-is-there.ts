/** What a node could leave on a machine, as text that is compared before and after. */
import { readdir, readFile } from "node:fs/promises";
import { cgroupDirectories } from "../../src/kubelet/containerd/cgroups.ts";
import { type Namespaces, processesWith } from "./namespaces.ts";

export interface WhatIsThere {
  mounts: string;
  links: string;
  routes: string;
  rules: string;
  tables: string;
  settings: string;
  files: string;
  cgroups: string[];
  processes: string[];
  /** Outside of the namespaces. */
  outsideMounts: string[];
}

/** Without the numbers that the kernel gives, which are never the same again, and named namespaces of the machine, which come and go. */
const withoutNumbers = (mountinfo: string): string =>
  mountinfo
    .split("\n")
    .filter((line) => !line.includes(" /run/netns/"))
    .map((line) => line.split(" ").slice(3).join(" "))
    .join("\n");

/** Processes that see a mount of ours, or were told of our directory: containers, shims, daemons. */
async function processesOf({ directory, pid }: Namespaces): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(pid));
  const inside = await Promise.all(
    pids.map(async (each) => {
      const mounts = await readFile(`/proc/${each}/mountinfo`, "utf8").catch(() => "");
      return mounts.includes(`${directory}/`) ? [await readFile(`/proc/${each}/cmdline`, "utf8").catch(() => "gone")] : [];
    }),
  );
  return [...inside.flat(), ...(await processesWith(`${directory}/data`))];
}

/** `cgroupRoot`: beneath which this cluster's Pods run. */
export async function whatIsThere(namespaces: Namespaces, cgroupRoot: string): Promise<WhatIsThere> {
  const { run, directory } = namespaces;
  const shell = (command: string): Promise<string> => run("sh", ["-c", command]);
  const outside = await readFile("/proc/self/mountinfo", "utf8");
  return {
    mounts: withoutNumbers(await run("cat", ["/proc/self/mountinfo"])),
    links: await run("ip", ["-brief", "link"]),
    routes: await shell("ip route show table all; ip -6 route show table all"),
    rules: await shell("ip rule; ip -6 rule"),
    tables: await run("nft", ["list", "ruleset"]),
    settings: await shell("cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/all/*"),
    files: await shell("find /run /var/lib /var/log /etc /opt | sort"),
    cgroups: await cgroupDirectories(cgroupRoot),
    processes: await processesOf(namespaces),
    outsideMounts: outside.split("\n").filter((line) => line.includes(`${directory}/`)),
  };
}

/** What this machine is, as its Node object says. */
import { readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, hostname, release, totalmem } from "node:os";
import type { NodeFacts } from "../kubelet/node/facts.ts";
import { NODE_API_PORT } from "./agent-config.ts";

const MAX_PODS = 110;

const textOf = async (path: string): Promise<string> => (await readFile(path, "utf8").catch(() => "")).trim();

async function osName(): Promise<string> {
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(await textOf("/etc/os-release"))?.[1];
  return name ?? "Linux";
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

export async function machineFacts({
  name,
  address,
  directory,
}: {
  name: string;
  address: string;
  directory: string;
}): Promise<NodeFacts> {
  const { blocks, bsize } = await statfs(directory);
  const [machineID, bootID, systemUUID, osImage] = await Promise.all([
    textOf("/etc/machine-id"),
    textOf("/proc/sys/kernel/random/boot_id"),
    textOf("/sys/class/dmi/id/product_uuid"),
    osName(),
  ]);
  const capacity = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(MAX_PODS),
    "ephemeral-storage": `${Math.floor((blocks * bsize) / 1024)}Ki`,
  };
  return {
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ],
    capacity,
    labels: { "kubernetes.io/hostname": name },
    info: {
      architecture: ARCHITECTURES[arch()] ?? arch(),
      bootID,
      kernelVersion: release(),
      machineID: machineID || hostname(),
      operatingSystem: "linux",
      osImage,
      systemUUID: systemUUID || bootID,
    },
    port: NODE_API_PORT,
  };
}

/** What the node itself resolves names with. */
export async function hostDns(): Promise<{ servers: string[]; searches: string[]; options: string[] }> {
  const lines = (await textOf("/etc/resolv.conf")).split("\n");
  const of = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).flatMap((line) => line.slice(word.length).trim().split(/\s+/));
  return { servers: of("nameserver"), searches: of("search"), options: of("options") };
}

/** Whether the kernel confines programs by AppArmor. */
export const hasAppArmor = async (): Promise<boolean> =>
  (await textOf("/sys/module/apparmor/parameters/enabled")).startsWith("Y");

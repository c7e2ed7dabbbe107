/**
 * Kernel settings that Pods need: forwarding, and the ip hooks for packets between two Pods of one bridge.
 *
 * Forwarding is the machine's setting and not a device's, because a Pod's answer may come in by any device; what was there before comes
 * back at the end.
 */
import { readFile, writeFile } from "node:fs/promises";
import { NodeNetworkError, type RunCommand } from "./commands.ts";
import type { RecordFile } from "./record.ts";

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
const BRIDGE_FILTERING = "/proc/sys/net/bridge/bridge-nf-call-iptables";

const read = async (path: string): Promise<string | undefined> => (await readFile(path, "utf8").catch(() => undefined))?.trim();

async function set(file: RecordFile, path: string, value: string): Promise<void> {
  const before = await read(path);
  if (before === value) return;
  if (before === undefined) throw new NodeNetworkError(`${path} is not there: the kernel lacks what Pods' network needs`);
  file.record.sysctls[path] ??= before;
  await file.save();
  await writeFile(path, value).catch((error: unknown) => {
    throw new NodeNetworkError(`${path} could not be set to ${value}: ${String(error)}`);
  });
}

/** Answers whether packets between two Pods of one bridge pass the ip hooks. */
export async function ensureSysctls(run: RunCommand, file: RecordFile): Promise<boolean> {
  await set(file, FORWARDING, "1");
  // A module that stays loaded harms nobody; without it the ruleset masquerades such packets instead.
  if ((await read(BRIDGE_FILTERING)) === undefined) await run("modprobe", ["br_netfilter"]).catch(() => {});
  if ((await read(BRIDGE_FILTERING)) === undefined) return false;
  await set(file, BRIDGE_FILTERING, "1");
  return true;
}

export async function restoreSysctls({ record }: RecordFile): Promise<void> {
  for (const [path, before] of Object.entries(record.sysctls)) await writeFile(path, before).catch(() => {});
}

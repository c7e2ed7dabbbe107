/**
 * Our own device, its address and the routes of the cluster's ranges.
 *
 * The device carries nothing: packets for the Service range are routed to it so that the kernel lets local processes send them, and are
 * translated or refused before they get there. What is beneath the Pod range's real routes is unreachable.
 */
import { NodeNetworkError, type RunCommand } from "./commands.ts";
import type { RecordFile } from "./record.ts";

export interface LinkOptions {
  device: string;
  nodeAddress: string;
  podCidr: string;
  serviceCidr: string;
}

/** Worse than any real route, so that it only counts where there is none. */
const LAST_METRIC = "4278198272";

/** Kinds of device that carry nothing by themselves. A kernel without `dummy` has bridges, or there are no Pods to connect. */
const KINDS = ["dummy", "bridge"] as const;

interface LinkState {
  ifname: string;
  addr_info: { local?: string; family: string }[];
}

const linksOf = async (run: RunCommand): Promise<LinkState[]> => JSON.parse((await run("ip", ["-j", "address", "show"])) || "[]");

async function addDevice(run: RunCommand, device: string): Promise<void> {
  let refusal: unknown;
  for (const kind of KINDS) {
    try {
      await run("ip", ["link", "add", device, "type", kind]);
      return;
    } catch (error) {
      refusal = error;
      if (!/Unknown device type|not supported/i.test(String(error))) break;
    }
  }
  throw refusal;
}

/** Throws where a device of that name is there that the record does not know: of another cluster, or of somebody else. */
export async function refuseForeignDevice(run: RunCommand, { record }: RecordFile, device: string): Promise<void> {
  const present = (await linksOf(run)).some(({ ifname }) => ifname === device);
  if (present && record.device !== device)
    throw new NodeNetworkError(
      `the network device ${device} is there already and is not ours: is another cluster running? Otherwise remove it: ip link delete ${device}`,
    );
}

/** The node's address on our device, unless the machine has it elsewhere (a LAN address). */
async function ensureDevice(run: RunCommand, { record, save }: RecordFile, options: LinkOptions): Promise<void> {
  const { device, nodeAddress } = options;
  const links = await linksOf(run);
  if (!links.some(({ ifname }) => ifname === device)) {
    record.device = device;
    await save();
    await addDevice(run, device);
  }
  const owner = links.find(({ addr_info }) => addr_info.some(({ local }) => local === nodeAddress));
  if (owner === undefined) await run("ip", ["address", "add", `${nodeAddress}/32`, "dev", device]);
  await run("ip", ["link", "set", device, "up"]);
}

async function ensureRoute(run: RunCommand, { record, save }: RecordFile, route: string[]): Promise<void> {
  if (!record.routes.some((known) => known.join(" ") === route.join(" "))) {
    record.routes.push(route);
    await save();
  }
  await run("ip", ["route", "replace", ...route]);
}

export async function ensureLinks(run: RunCommand, file: RecordFile, options: LinkOptions): Promise<void> {
  const { device, nodeAddress, podCidr, serviceCidr } = options;
  await ensureDevice(run, file, options);
  await ensureRoute(run, file, [serviceCidr, "dev", device, "src", nodeAddress]);
  await ensureRoute(run, file, ["unreachable", podCidr, "metric", LAST_METRIC]);
}

export async function removeLinks(run: RunCommand, { record }: RecordFile): Promise<void> {
  const { device, routes } = record;
  for (const route of routes.toReversed()) await run("ip", ["route", "delete", ...route]).catch(() => {});
  if (device === undefined) return;
  const links = await linksOf(run);
  if (links.some(({ ifname }) => ifname === device)) await run("ip", ["link", "delete", device]);
}

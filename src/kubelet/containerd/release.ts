/**
 * Ends the private containerd with all its containers and takes away what they left: processes, mounts, network namespaces, cgroups,
 * links, sockets and files.
 *
 * Politely first, through the runtime. Then what is still there is found by marks that only ours carry (our socket in a shim's command
 * line, our directory in the mount table, our cgroup), so that it works after a crash, and touches nothing of another containerd.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { criRuntime } from "../runtime/cri/cri-runtime.ts";
import { isRuntimeError, type Runtime } from "../runtime/runtime.ts";
import { removeCgroups } from "./cgroups.ts";
import { CNI_CONFIG_FILE } from "./cni-config.ts";
import { endProcess, findDaemon } from "./daemon.ts";
import { containerdLayout, type Layout } from "./layout.ts";
import { assertNothingMounted, unmountBelow } from "./mounts.ts";
import { endShims, removeDeadSockets, shimSocket, shimsOf } from "./shims.ts";

export interface ReleaseOptions {
  dataDirectory: string;
  /** The cgroups beneath which the containers ran: `/timonier`. Empty leaves cgroups alone. */
  cgroupRoot: string;
  /** Further directories whose mounts go: the kubelet's. */
  mountDirectories: readonly string[];
  /** Whether images and all other files go, too. */
  deleteFiles: boolean;
  /** How long containers may take to end by themselves. */
  graceMs: number;
  clock: Clock;
  logger: Logger;
}

const run = promisify(execFile);
/** Where CNI keeps its results, whatever it is told about addresses. */
const CNI_RESULTS = "/var/lib/cni/results";
const DAEMON_GRACE_MS = 5_000;

/** Idempotent; also where nothing was ever started. */
export async function releaseContainerd(options: ReleaseOptions): Promise<void> {
  const { clock, logger } = options;
  const layout = containerdLayout(options.dataDirectory);
  const daemon = await findDaemon(layout);
  if (daemon !== undefined) {
    await removeSandboxes(layout, options).catch((error: unknown) =>
      logger.warn("containerd did not remove all containers; they are ended by force", { error: String(error) }),
    );
    await endProcess(clock, daemon, DAEMON_GRACE_MS);
  }
  const strays = await strayFiles(layout);
  await endShims(layout, await shimsOf(layout), clock);
  if (options.cgroupRoot !== "") await removeCgroups(options.cgroupRoot, clock);
  await unmountBelow([layout.directory, ...options.mountDirectories]);
  await removeBridge(layout);
  await Promise.all(strays.map((path) => rm(path, { force: true })));
  await removeDeadSockets(layout);
  const gone = options.deleteFiles
    ? [layout.directory]
    : [layout.state, layout.runc, layout.pid, layout.socket, `${layout.socket}.ttrpc`, layout.cniAddresses];
  await assertNothingMounted(gone);
  await Promise.all(gone.map((path) => rm(path, { recursive: true, force: true })));
}

async function removeSandboxes(layout: Layout, { clock, graceMs }: ReleaseOptions): Promise<void> {
  const runtime = await criRuntime({ endpoint: layout.socket, clock });
  try {
    const running = await runtime.listContainers({ state: "Running" });
    await Promise.all(running.map(({ id }) => runtime.stopContainer(id, graceMs)));
    const sandboxes = await runtime.listPodSandboxes();
    await Promise.all(sandboxes.map(({ id }) => removeSandbox(runtime, layout, id)));
  } finally {
    await runtime.close();
  }
}

/** A network that is broken must not keep a sandbox: its namespace goes with the force that follows. */
async function removeSandbox(runtime: Runtime, layout: Layout, id: string): Promise<void> {
  await runtime.stopPodSandbox(id).catch((error: unknown) => {
    if (!isRuntimeError(error, "Unknown")) throw error;
  });
  await runtime.removePodSandbox(id);
  await rm(shimSocket(layout, id), { force: true });
}

/** What the tasks that are there still left outside our directories. */
async function strayFiles(layout: Layout): Promise<string[]> {
  const bundles = join(layout.state, "io.containerd.runtime.v2.task", "k8s.io");
  const ids = new Set(await readdir(bundles).catch(() => []));
  // Each bundle names the socket of its shim.
  const addresses = await Promise.all([...ids].map((id) => readFile(join(bundles, id, "address"), "utf8").catch(() => "")));
  const sockets = addresses
    .filter((address) => address.startsWith("unix://"))
    .map((address) => address.slice("unix://".length).trim());
  // What CNI remembers of a sandbox: NETWORK-ID-INTERFACE.
  const results = (await readdir(CNI_RESULTS).catch(() => [])).filter((name) =>
    ids.has(/-([0-9a-f]{64})-/.exec(name)?.[1] ?? ""),
  );
  return [...sockets, ...results.map((name) => join(CNI_RESULTS, name))];
}

/** The last Pod leaves its bridge behind. */
async function removeBridge(layout: Layout): Promise<void> {
  const config = await readFile(join(layout.cniConfig, CNI_CONFIG_FILE), "utf8").catch(() => "");
  const bridge = /"bridge": "([^"]+)"/.exec(config)?.[1];
  if (bridge !== undefined) await run("ip", ["link", "delete", bridge, "type", "bridge"]).catch(() => {});
}

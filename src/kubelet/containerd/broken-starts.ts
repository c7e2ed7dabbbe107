/**
 * What a containerd leaves that was killed in the midst of starting something: shims without a task, processes that wait for a start
 * that nobody gives them any more, and their bundles, mounts and cgroups. The next containerd would trip over them, and never remove them.
 *
 * Looked for while no containerd runs: then nothing is being started. What has run, or runs, is not touched.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { removeCgroups } from "./cgroups.ts";
import type { Layout } from "./layout.ts";
import { mountPointsBelow, unmountBelow } from "./mounts.ts";
import { endShims, type Shim, shimSocket, shimsOf } from "./shims.ts";

const run = promisify(execFile);

/** The name space that containerd's CRI part keeps its containers in. */
const CRI_NAMESPACE = "k8s.io";
const TASKS = join("io.containerd.runtime.v2.task", CRI_NAMESPACE);
const NETWORK = /\/netns\/cni-[^/]+$/;
/** A shim finishes what it was asked for last, though nobody waits for it. */
const CREATE_LIMIT_MS = 5_000;
const POLL_MS = 20;

const runcRoot = (layout: Layout): string => join(layout.runc, CRI_NAMESPACE);
const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
const wordsOf = async (pid: string): Promise<string[]> => (await textOf(`/proc/${pid}/cmdline`)).split("\0");

async function isCreating(layout: Layout): Promise<boolean> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map(wordsOf));
  return all.some((words) => words.includes(runcRoot(layout)) && words.includes("create"));
}

/** Whether a bundle's container was never started: it has no process, or one that waits for its start. */
async function isBroken(bundle: string): Promise<boolean> {
  const pid = (await textOf(join(bundle, "init.pid"))).trim();
  if (pid === "") return true;
  const [program = "", command] = await wordsOf(pid);
  return /(^|\/)runc$/.test(program) && command === "init";
}

async function clear(layout: Layout, id: string, shims: readonly Shim[], clock: Clock): Promise<void> {
  const bundle = join(layout.state, TASKS, id);
  const config = await textOf(join(bundle, "config.json"));
  const cgroup = config === "" ? undefined : (JSON.parse(config) as { linux?: { cgroupsPath?: string } }).linux?.cgroupsPath;
  // A Pod's containers share the shim of its sandbox, which goes on.
  await endShims(
    layout,
    shims.filter((shim) => shim.id === id),
    clock,
  );
  // It fails where it knows nothing of it.
  await run("runc", ["--root", runcRoot(layout), "delete", "--force", id]).catch(() => {});
  if (cgroup?.startsWith("/") && cgroup.includes(id)) await removeCgroups(cgroup, clock);
  await unmountBelow([bundle]);
  await rm(shimSocket(layout, id), { force: true });
  await rm(bundle, { recursive: true, force: true });
  await rm(join(layout.root, TASKS, id), { recursive: true, force: true });
}

/** Network namespaces that no sandbox came to have: one that has a task names its own in its bundle. */
async function clearNetworks(layout: Layout): Promise<void> {
  const mounted = mountPointsBelow(await textOf("/proc/self/mountinfo"), [layout.state]).filter((path) => NETWORK.test(path));
  const bundles = await readdir(join(layout.state, TASKS)).catch(() => []);
  const configs = (await Promise.all(bundles.map((id) => textOf(join(layout.state, TASKS, id, "config.json"))))).join();
  for (const path of mounted) {
    if (configs.includes(path)) continue;
    await unmountBelow([path]);
    await rm(path, { force: true });
  }
}

/** Never rejects: what cannot be removed is said, and left. */
export async function clearBrokenStarts(layout: Layout, clock: Clock, logger: Logger): Promise<void> {
  try {
    const bundles = await readdir(join(layout.state, TASKS)).catch(() => []);
    const deadline = clock.monotonic() + CREATE_LIMIT_MS;
    while ((await isCreating(layout)) && clock.monotonic() < deadline) await sleep(clock, POLL_MS);
    const shims = await shimsOf(layout);
    for (const id of bundles) {
      if (!(await isBroken(join(layout.state, TASKS, id)))) continue;
      await clear(layout, id, shims, clock);
      logger.info("cleared a start that the last containerd had not finished", { id });
    }
    await clearNetworks(layout);
  } catch (error) {
    logger.warn("starts that the last containerd had not finished could not be cleared", { error: String(error) });
  }
}

/**
 * What is left of Pods that nobody knows any more: deleted while no kubelet was here to see it, or while the runtime was away. Their
 * sandboxes, volumes, logs and cgroups are taken down.
 */
import type { Logger } from "../../base/logger.ts";
import type { KubeletPaths } from "../config/pod-configs.ts";
import { QOS_CGROUPS } from "../config/qos.ts";
import type { Host } from "../host/host.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import type { Wheel } from "../wheel.ts";
import { LABELS } from "./runtime-pod.ts";

export interface OrphansOptions {
  runtime: RuntimeService;
  wheel: Wheel;
  logger: Logger;
  host: Host | undefined;
  paths: KubeletPaths;
  cgroupRoot: string;
  /** Whether a Pod of that uid is some worker's. */
  isKnown(uid: string): boolean;
}

export interface Orphans {
  /** Looks for them soon, and again later where something could not be removed. Resolves when it has looked; never rejects. */
  look(): Promise<void>;
}

const GRACE_MS = 2_000;
/** News of the runtime come in crowds. */
const GATHER_MS = 1_000;
const RETRY_MS = 10_000;
const POD_UID = /(?<=^|_|^pod)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Sandboxes that are not a kubelet's are left alone. */
async function removeSandboxes({ runtime, isKnown }: OrphansOptions): Promise<void> {
  for (const { id, labels } of await runtime.listPodSandboxes()) {
    const uid = labels[LABELS.podUid];
    if (uid === undefined || isKnown(uid)) continue;
    const containers = await runtime.listContainers({ podSandboxId: id });
    await Promise.all(
      containers.filter(({ state }) => state === "Running").map((container) => runtime.stopContainer(container.id, GRACE_MS)),
    );
    await runtime.stopPodSandbox(id);
    await runtime.removePodSandbox(id);
  }
}

/** Volumes and logs: `UID`, and `NAMESPACE_NAME_UID`. */
async function removeFiles(host: Host, { paths, isKnown }: OrphansOptions): Promise<void> {
  for (const directory of [`${paths.root}/pods`, paths.logs]) {
    for (const name of await host.list(directory)) {
      // What bears no Pod's uid is somebody else's.
      const uid = POD_UID.exec(name)?.[0];
      if (uid === undefined || isKnown(uid)) continue;
      await host.unmountBelow(`${directory}/${name}`);
      await host.remove(`${directory}/${name}`);
    }
  }
}

async function removeCgroups(host: Host, { cgroupRoot, isKnown }: OrphansOptions): Promise<void> {
  for (const parent of QOS_CGROUPS.map((qos) => `${cgroupRoot}${qos}`)) {
    for (const name of await host.listCgroups(parent)) {
      const uid = POD_UID.exec(name)?.[0];
      if (uid !== undefined && !isKnown(uid)) await host.endCgroup(`${parent}/${name}`);
    }
  }
}

export function createOrphans(options: OrphansOptions): Orphans {
  const { wheel, logger, host } = options;
  let planned: Promise<void> | undefined;

  async function sweep(): Promise<void> {
    planned = undefined;
    try {
      await removeSandboxes(options);
      if (host === undefined) return;
      await removeFiles(host, options);
      await removeCgroups(host, options);
    } catch (error) {
      logger.warn("what is left of Pods that are gone could not be removed", { error: String(error) });
      plan(RETRY_MS);
    }
  }

  function plan(delayMs: number): Promise<void> {
    planned ??= new Promise((resolve) => wheel.after(delayMs, () => void sweep().then(resolve)));
    return planned;
  }

  return { look: () => plan(host === undefined ? 0 : GATHER_MS) };
}

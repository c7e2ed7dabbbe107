/**
 * Removes what has ended and nobody asks for any more: of each container's ended runs all but the last, of each Pod's ended sandboxes
 * all but the newest that have no containers, and everything of Pods that this node does not have.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#container-image-garbage-collection
 */
import type { Logger } from "../../base/logger.ts";
import type { ContainerLogFiles } from "../logs/files.ts";
import { LABELS } from "../pod/runtime-pod.ts";
import type { Container, RuntimeService } from "../runtime/runtime.ts";

export interface ContainerGarbageOptions {
  runtime: Pick<
    RuntimeService,
    "listContainers" | "listPodSandboxes" | "containerStatus" | "removeContainer" | "stopPodSandbox" | "removePodSandbox"
  >;
  logs: ContainerLogFiles | undefined;
  logger: Logger;
  /** The node has that Pod, or still has to do with it. */
  isKnown(uid: string): boolean;
}

/** As upstream's maximum-dead-containers-per-container. */
const KEPT_RUNS = 1;

const newestFirst = (a: { createdAtMs: number }, b: { createdAtMs: number }): number => b.createdAtMs - a.createdAtMs;

function groupedBy<T>(all: readonly T[], keyOf: (each: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const key = keyOf(each);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(each);
  }
  return [...groups.values()];
}

/** Ended containers that go, of those that are a kubelet's. */
function superfluous(containers: readonly Container[], isKnown: (uid: string) => boolean): Container[] {
  const ended = containers.filter(({ state, labels }) => state === "Exited" && labels[LABELS.podUid] !== undefined);
  const ofOne = ({ labels, metadata }: Container): string => `${labels[LABELS.podUid]} ${metadata.name}`;
  return groupedBy(ended, ofOne).flatMap((runs) => {
    const kept = isKnown(runs[0]?.labels[LABELS.podUid] ?? "") ? KEPT_RUNS : 0;
    return runs.sort(newestFirst).slice(kept);
  });
}

async function removeContainer({ runtime, logs }: ContainerGarbageOptions, container: Container): Promise<void> {
  const path = logs && (await runtime.containerStatus(container.id).catch(() => undefined))?.logPath;
  await runtime.removeContainer(container.id);
  await logs?.remove(container, path);
}

async function removeSandboxes({ runtime, isKnown }: ContainerGarbageOptions): Promise<void> {
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(), runtime.listContainers()]);
  const inUse = new Set(containers.map(({ podSandboxId }) => podSandboxId));
  const own = sandboxes.filter(({ labels }) => labels[LABELS.podUid] !== undefined);
  for (const ofPod of groupedBy(own, ({ labels }) => labels[LABELS.podUid] ?? "")) {
    const isOurs = isKnown(ofPod[0]?.labels[LABELS.podUid] ?? "");
    for (const { id, state } of ofPod.sort(newestFirst).slice(isOurs ? 1 : 0)) {
      if (state === "Ready" || inUse.has(id)) continue;
      await runtime.stopPodSandbox(id);
      await runtime.removePodSandbox(id);
    }
  }
}

/** Never rejects: what stays is found the next time. */
export async function collectContainers(options: ContainerGarbageOptions): Promise<void> {
  const { runtime, logs, isKnown, logger } = options;
  try {
    for (const container of superfluous(await runtime.listContainers(), isKnown)) await removeContainer(options, container);
    await removeSandboxes(options);
    if (logs !== undefined) await logs.sweep(isKnown, new Set((await runtime.listContainers()).map(({ id }) => id)));
  } catch (error) {
    logger.warn("garbage not collected", { error: String(error) });
  }
}

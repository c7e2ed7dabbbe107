/** What keeps a node from filling up: logs are put aside, what has ended is removed, and images that nobody uses. */
import type { Node } from "../api/core/node.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { startGarbageCollector } from "./garbage/collector.ts";
import { collectContainers } from "./garbage/containers.ts";
import { createImageGarbage, type ImageGarbage } from "./garbage/images.ts";
import { startLogRotation } from "./logs/rotation.ts";
import type { KubeletMetrics } from "./metrics/kubelet-metrics.ts";
import type { KubeletOptions } from "./options.ts";
import type { PodContext } from "./pod/context.ts";
import type { PodWorker } from "./pod/worker.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { DEFAULT_SETTINGS } from "./settings.ts";

export interface Upkeep {
  /** Something has ended. */
  note(): void;
  /** Removes what nobody needs, at once. Never rejects. */
  collect(): Promise<void>;
  stop(): void;
}

export interface UpkeepParts {
  context: PodContext;
  runtime: Runtime;
  workers: ReadonlyMap<string, PodWorker>;
  metrics: KubeletMetrics;
  node(): DeepReadonly<Node>;
}

/** Identifiers of containers that run, by what is said of them. */
function* runningContainers(workers: ReadonlyMap<string, PodWorker>): Generator<string> {
  for (const { status } of [...workers.values()]) {
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
    for (const { containerID, state } of [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses])
      if (state?.running !== undefined && containerID !== undefined) yield containerID.slice(containerID.indexOf("://") + 3);
  }
}

function imageGarbage(options: KubeletOptions, { context, runtime, metrics, node }: UpkeepParts): ImageGarbage | undefined {
  const { machine, clock, logger, pinnedImages = [] } = options;
  if (machine === undefined) return undefined;
  return createImageGarbage({
    runtime,
    clock,
    logger,
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
    pinned: pinnedImages,
    async filesystem() {
      const [first] = (await runtime.imageFsInfo()).imageFilesystems;
      return first && machine.filesystem(first.mountpoint);
    },
    warn: (reason, message) => context.events.event(node(), "Warning", reason, message),
    removed: () => metrics.imageCollected("space"),
  });
}

export function startUpkeep(options: KubeletOptions, parts: UpkeepParts): Upkeep {
  const { clock, logger, logFiles, logRotation } = options;
  const { context, runtime, workers } = parts;
  const settings = { ...DEFAULT_SETTINGS, ...options.settings };
  const isKnown = (uid: string): boolean => workers.has(uid);
  const collect = (): Promise<void> => collectContainers({ runtime, logs: logFiles, logger, isKnown });
  const garbage = startGarbageCollector({ wheel: context.wheel, containers: collect, images: imageGarbage(options, parts) });
  const rotation =
    logRotation &&
    startLogRotation({
      runtime,
      files: logRotation,
      clock,
      wheel: context.wheel,
      logger,
      settings,
      running: () => runningContainers(workers),
    });
  return {
    note: garbage.note,
    collect,
    stop() {
      garbage.stop();
      rotation?.stop();
    },
  };
}

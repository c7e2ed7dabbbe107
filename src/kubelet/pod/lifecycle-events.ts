/**
 * Tells which Pods the runtime has news of: by its events where it has them, else by listing its containers every second. What a
 * worker made or started itself is no news to it: its pass goes on with that. Also where
 * there are events the containers are listed now and then: one that was lost must not hold up a Pod for good.
 * https://kubernetes.io/docs/tasks/administer-cluster/switch-to-evented-pleg/
 */
import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { ContainerEventType, RuntimeService } from "../runtime/runtime.ts";
import { LABELS } from "./runtime-pod.ts";

export interface LifecycleEventsOptions {
  runtime: RuntimeService;
  clock: Clock;
  logger: Logger;
  /** News of that Pod. */
  onPod(uid: string): void;
  /** Events may have been missed: look at all. */
  onAll(): void;
  signal: AbortSignal;
  /** Events of a real runtime may be lost; those of a simulated one are not. */
  eventsMayBeLost: boolean;
}

const RELIST_MS = 1_000;
const RELIST_BESIDE_EVENTS_MS = 10_000;

const isNews = (type: ContainerEventType): boolean => type === "Stopped" || type === "Deleted";

async function followEvents({ runtime, clock, logger, onPod, onAll, signal }: LifecycleEventsOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      const following = runtime.containerEvents?.(({ podUid, type }) => isNews(type) && onPod(podUid), signal);
      // What happened before the stream was open is found by looking.
      onAll();
      await following;
    } catch (error) {
      if (!signal.aborted) logger.warn("runtime events ended", { error: String(error) });
    }
    await sleep(clock, RELIST_MS, signal);
  }
}

async function relist({ runtime, clock, logger, onPod, signal }: LifecycleEventsOptions, periodMs: number): Promise<void> {
  let before = new Map<string, string>();
  while (!signal.aborted) {
    try {
      const [containers, sandboxes] = await Promise.all([runtime.listContainers(), runtime.listPodSandboxes()]);
      const now = new Map<string, string>();
      for (const { id, state, labels } of [...containers, ...sandboxes]) now.set(id, `${state} ${labels[LABELS.podUid] ?? ""}`);
      for (const id of new Set([...before.keys(), ...now.keys()])) {
        const state = now.get(id) ?? before.get(id) ?? "";
        if (now.get(id) !== before.get(id)) onPod(state.slice(state.indexOf(" ") + 1));
      }
      before = now;
    } catch (error) {
      logger.warn("runtime not listed", { error: String(error) });
    }
    await sleep(clock, periodMs, signal);
  }
}

/** Resolves when `signal` has aborted. */
export async function followRuntime(options: LifecycleEventsOptions): Promise<void> {
  if (options.runtime.containerEvents === undefined) return relist(options, RELIST_MS);
  const relisting = options.eventsMayBeLost ? relist(options, RELIST_BESIDE_EVENTS_MS) : undefined;
  await Promise.all([followEvents(options), relisting]);
}

/** Sandboxes of Pods that nobody knows any more: deleted while no kubelet was here to see it. */
import type { Logger } from "../../base/logger.ts";
import type { RuntimeService } from "../runtime/runtime.ts";
import { LABELS } from "./runtime-pod.ts";

const GRACE_MS = 2_000;

/** Never rejects: what stays is found at the next start. Sandboxes that are not a kubelet's are left alone. */
export async function removeOrphans(runtime: RuntimeService, isKnown: (uid: string) => boolean, logger: Logger): Promise<void> {
  try {
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
  } catch (error) {
    logger.warn("orphaned sandboxes not removed", { error: String(error) });
  }
}

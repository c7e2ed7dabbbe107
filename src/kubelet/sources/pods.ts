/** The Pods of this node, from one watch: told to their workers, in order. */
import { Pod } from "../../api/core/pod/pod.ts";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { Logger } from "../../base/logger.ts";
import type { Client } from "../../client/client.ts";
import { type Reflector, startReflector } from "../../client/reflector.ts";
import type { ReadonlyPod } from "../pod/containers.ts";

export interface PodHandlers {
  put(pod: ReadonlyPod): void;
  removed(uid: string): void;
  /** The present state has come in whole, for the first time. */
  synced(): void;
}

export interface PodSourceOptions {
  client: Client;
  clock: Clock;
  entropy: Entropy;
  logger: Logger;
  nodeName: string;
  handlers: PodHandlers;
}

export function followPods({ handlers, nodeName, ...rest }: PodSourceOptions): Reflector {
  const known = new Set<string>();
  let missing: Set<string> | undefined;
  let isSynced = false;
  const forget = (uid: string): void => {
    known.delete(uid);
    handlers.removed(uid);
  };
  return startReflector({
    ...rest,
    of: Pod,
    fieldSelector: `spec.nodeName=${nodeName}`,
    target: {
      restarted() {
        missing = new Set(known);
      },
      put(pod) {
        const { uid } = pod.metadata;
        if (pod.spec.nodeName !== nodeName) return;
        missing?.delete(uid);
        known.add(uid);
        handlers.put(pod);
      },
      removed(pod) {
        missing?.delete(pod.metadata.uid);
        if (known.has(pod.metadata.uid)) forget(pod.metadata.uid);
      },
      synced() {
        for (const uid of missing ?? []) forget(uid);
        missing = undefined;
        if (isSynced) return;
        isSynced = true;
        handlers.synced();
      },
    },
  });
}

/**
 * Deletes Pods that nobody will end any more: those of nodes that are gone, those deleted before they had a node, those of nodes declared
 * out of service, and, of ended ones, the oldest beyond a limit.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
 */
import { conditionOf } from "../api/conditions.ts";
import { Node } from "../api/core/node.ts";
import { Pod } from "../api/core/pod/pod.ts";
import { isNotFound } from "../api/errors.ts";
import { keyOf } from "../api/meta.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { type Controller, type ControllerContext, index, on } from "./controller.ts";
import { PODS_BY_NODE, podsByNode } from "./node-lifecycle/controller.ts";
import { isEnded, withPodCondition } from "./pod-facts.ts";
import { timeOf } from "./time.ts";

type ReadonlyPod = DeepReadonly<Pod>;

const ENDED = "ended";
const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";
/** A node may be registered a moment after its Pods were bound to it. */
const QUARANTINE_MS = 40_000;

export interface PodGarbageOptions {
  /** Ended Pods that are kept. */
  endedLimit?: number;
}

/** Deletes at once; a Pod that had not ended is marked as failed first, so that its owner knows. */
async function removeNow(pod: ReadonlyPod, { client, clock }: ControllerContext, message?: string): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  try {
    if (message !== undefined && !isEnded(pod)) {
      const disruption = { type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC", message };
      await client.updateStatusIfChanged(Pod, pod, { ...withPodCondition(pod, disruption, clock.now()), phase: "Failed" });
    }
    await client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0, uid });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function nodeIsGone(name: string, { client }: ControllerContext): Promise<boolean> {
  try {
    await client.get(Node, { name });
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

const isOutOfService = (node: DeepReadonly<Node>): boolean =>
  conditionOf(node.status.conditions, "Ready")?.status !== "True" &&
  (node.spec.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE);

export function podGarbageCollector({ endedLimit = 12_500 }: PodGarbageOptions = {}): Controller<Pod> {
  // Since when a node has been missed.
  const missed = new Map<string, number>();

  async function removeOldest({ listers, ...context }: ControllerContext): Promise<void> {
    const ended = listers.byIndex(Pod, ENDED, "");
    const surplus = ended.length - endedLimit;
    if (surplus <= 0) return;
    const created = ({ metadata }: ReadonlyPod): number => timeOf(metadata.creationTimestamp);
    for (const pod of ended.toSorted((a, b) => created(a) - created(b)).slice(0, surplus))
      await removeNow(pod, { listers, ...context });
  }

  /** A Pod on a node that the cache does not know. */
  async function checkNode(pod: ReadonlyPod, nodeName: string, context: ControllerContext): Promise<void> {
    const nowMs = context.clock.monotonic();
    const sinceMs = missed.get(nodeName) ?? nowMs;
    missed.set(nodeName, sinceMs);
    const leftMs = sinceMs + QUARANTINE_MS - nowMs;
    if (leftMs > 0) context.requeueAfter(keyOf(pod), leftMs);
    else if (await nodeIsGone(nodeName, context)) await removeNow(pod, context, "PodGC: node no longer exists");
  }

  return {
    name: "pod-garbage-collector",
    reconciles: Pod,
    heeds: (pod, previous) =>
      isEnded(pod) !== isEnded(previous) ||
      pod.spec.nodeName !== previous.spec.nodeName ||
      pod.metadata.deletionTimestamp !== previous.metadata.deletionTimestamp,
    indexes: [podsByNode, index(Pod, ENDED, (pod) => (isEnded(pod) ? [""] : []))],
    wokenBy: [
      on(
        Node,
        (node, listers) => listers.byIndex(Pod, PODS_BY_NODE, node.metadata.name).map(keyOf),
        (node, previous) => isOutOfService(node) === isOutOfService(previous),
      ),
    ],
    async reconcile(pod, context) {
      const { nodeName } = pod.spec;
      const deleting = pod.metadata.deletionTimestamp !== undefined;
      const node = nodeName ? context.listers.get(Node, "", nodeName) : undefined;
      if (node !== undefined) missed.delete(node.metadata.name);
      if (!nodeName) {
        if (deleting) await removeNow(pod, context, undefined);
      } else if (node === undefined) await checkNode(pod, nodeName, context);
      else if (deleting && isOutOfService(node)) await removeNow(pod, context, "PodGC: node out-of-service");
      if (isEnded(pod)) await removeOldest(context);
    },
  };
}

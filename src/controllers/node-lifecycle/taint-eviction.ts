/**
 * Deletes Pods from nodes with NoExecute taints that they do not tolerate, or tolerate for a while only.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
 */
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { type Toleration, tolerates } from "../../api/core/taint.ts";
import { isNotFound } from "../../api/errors.ts";
import { keyOf } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import { type Controller, type ControllerContext, on } from "../controller.ts";
import { withPodCondition } from "../pod-facts.ts";
import { PODS_BY_NODE, podsByNode } from "./controller.ts";
import type { ReadonlyTaint } from "./taints.ts";

type ReadonlyPod = DeepReadonly<Pod>;

/** Seconds for which all taints are tolerated: the shortest of the tolerations that count; undefined where it is for ever. */
export function toleratedSeconds(
  tolerations: readonly DeepReadonly<Toleration>[],
  taints: readonly ReadonlyTaint[],
): number | undefined {
  let least: number | undefined;
  for (const taint of taints) {
    const used = tolerations.filter((toleration) => tolerates([toleration], taint));
    if (used.length === 0) return 0;
    for (const { tolerationSeconds } of used) {
      if (tolerationSeconds !== undefined) least = Math.max(0, Math.min(least ?? tolerationSeconds, tolerationSeconds));
    }
  }
  return least;
}

const noExecute = (node: DeepReadonly<Node> | undefined): readonly ReadonlyTaint[] =>
  node?.spec.taints?.filter(({ effect }) => effect === "NoExecute") ?? [];

async function evict(pod: ReadonlyPod, { client, events, clock }: ControllerContext): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  events.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${namespace}/${name}`);
  const disruption = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
  };
  try {
    // A patch of this condition alone: whatever else happens to the Pod meanwhile, the reason is told before it ends.
    const { conditions = [] } = withPodCondition(pod, disruption, clock.now());
    const told = conditions.filter(({ type }) => type === disruption.type);
    const patch = { metadata: { uid }, status: { conditions: told } };
    await client.patch(Pod, { namespace, name }, "strategic", patch, { subresource: "status" });
    await client.delete(Pod, { namespace, name }, { uid });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

export function taintEvictionController(): Controller<Pod> {
  // When the taints of its node began to count for a Pod. Lost by a restart, which gives the Pod its time again, as upstream.
  const since = new Map<string, { uid: string; atMs: number }>();

  function cancel(key: string, pod: ReadonlyPod | undefined, { events }: ControllerContext): void {
    if (since.delete(key) && pod !== undefined)
      events.event(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${key}`);
  }

  return {
    name: "taint-eviction-controller",
    account: "node-controller",
    reconciles: Pod,
    heeds: (pod, previous) => pod.spec.nodeName !== previous.spec.nodeName || pod.spec.tolerations !== previous.spec.tolerations,
    indexes: [podsByNode],
    wokenBy: [
      on(
        Node,
        (node, listers) => listers.byIndex(Pod, PODS_BY_NODE, node.metadata.name).map(keyOf),
        (node, previous) => sameContent(noExecute(node), noExecute(previous)),
      ),
    ],
    async reconcile(pod, context) {
      const key = keyOf(pod);
      // One that is being deleted already is told why it has to go, too.
      const taints = noExecute(context.listers.get(Node, "", pod.spec.nodeName ?? ""));
      if (taints.length === 0) return cancel(key, pod, context);
      const seconds = toleratedSeconds(pod.spec.tolerations ?? [], taints);
      if (seconds === undefined) return cancel(key, pod, context);
      const nowMs = context.clock.monotonic();
      const known = since.get(key);
      const began = known?.uid === pod.metadata.uid ? known : { uid: pod.metadata.uid, atMs: nowMs };
      const leftMs = began.atMs + seconds * 1_000 - nowMs;
      if (leftMs > 0) {
        since.set(key, began);
        context.requeueAfter(key, leftMs);
        return;
      }
      since.delete(key);
      await evict(pod, context);
    },
    forget(key) {
      since.delete(key);
    },
  };
}

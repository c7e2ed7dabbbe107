/**
 * Notices nodes that have gone silent, and says so: conditions become Unknown, their Pods not ready, and taints keep others away.
 *
 * A node lives as long as its Lease or its status changes, as seen by this process's own clock: after a restart every node has the whole
 * grace period again. Between two signs of life nothing runs; each node has one entry in the queue's heap.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
 */
import { conditionOf } from "../../api/conditions.ts";
import { Lease } from "../../api/coordination/lease.ts";
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Controller, type ControllerContext, index, on } from "../controller.ts";
import { isReady } from "../pod-facts.ts";
import { type ReadonlyNode, taintsFor } from "./taints.ts";

export const PODS_BY_NODE = "node";
/** Every controller that looks for the Pods of a node asks for the same index. */
export const podsByNode = index(Pod, PODS_BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));

const LEASE_NAMESPACE = "kube-node-lease";
const REPORTED = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

type Condition = NonNullable<ReadonlyNode["status"]["conditions"]>[number];

/** The conditions of a node that has gone silent. */
function silentConditions(node: ReadonlyNode, nowMs: number): readonly Condition[] {
  const time = formatTime(nowMs);
  const conditions = (node.status.conditions ?? []).map((condition) =>
    !REPORTED.includes(condition.type) || condition.status === "Unknown"
      ? condition
      : {
          ...condition,
          status: "Unknown",
          reason: "NodeStatusUnknown",
          message: "Kubelet stopped posting node status.",
          lastTransitionTime: time,
        },
  );
  const never = REPORTED.filter((type) => !conditions.some((condition) => condition.type === type)).map((type) => ({
    type,
    status: "Unknown",
    reason: "NodeStatusNeverUpdated",
    message: "Kubelet never posted node status.",
    lastHeartbeatTime: node.metadata.creationTimestamp,
    lastTransitionTime: time,
  }));
  return [...conditions, ...never];
}

async function markPodsNotReady(node: ReadonlyNode, { client, listers, events, clock }: ControllerContext): Promise<void> {
  const lastTransitionTime = formatTime(clock.now());
  for (const pod of listers.byIndex(Pod, PODS_BY_NODE, node.metadata.name)) {
    if (!isReady(pod)) continue;
    const conditions = (pod.status.conditions ?? []).map((each) =>
      each.type === "Ready" ? { ...each, status: "False", lastTransitionTime } : each,
    );
    await client.updateStatusIfChanged(Pod, pod, { ...pod.status, conditions });
    events.event(pod, "Warning", "NodeNotReady", "Node is not ready");
  }
}

async function writeTaints(node: ReadonlyNode, { client, clock }: ControllerContext): Promise<void> {
  const taints = taintsFor(node, formatTime(clock.now()));
  if (taints === undefined) return;
  const { name, resourceVersion } = node.metadata;
  await client.patch(Node, { name }, "merge", {
    metadata: { resourceVersion },
    spec: { taints: taints.length === 0 ? null : taints },
  });
}

export interface NodeLifecycleOptions {
  /** How long a node may be silent. */
  graceMs?: number;
}

interface Health {
  uid: string;
  /** When the last sign of life was seen. */
  seenAtMs: number;
  /** The sign: what changes with every one. */
  sign: string;
  ready: string | undefined;
}

export function nodeLifecycleController({ graceMs = 40_000 }: NodeLifecycleOptions = {}): Controller<Node> {
  // Rebuilt after a restart: every node then has its grace anew.
  const known = new Map<string, Health>();

  function healthOf(node: ReadonlyNode, { listers, clock, events }: ControllerContext): Health {
    const { name, uid } = node.metadata;
    const renewed = listers.get(Lease, LEASE_NAMESPACE, name)?.spec.renewTime ?? "";
    const ready = conditionOf(node.status.conditions, "Ready");
    const sign = `${renewed} ${ready?.lastHeartbeatTime ?? ""}`;
    const before = known.get(name);
    if (before?.uid === uid && before.sign === sign) return before;
    if (before?.uid !== uid)
      events.event(node, "Normal", "RegisteredNode", `Node ${name} event: Registered Node ${name} in Controller`);
    const health = { uid, sign, seenAtMs: clock.monotonic(), ready: before?.uid === uid ? before.ready : ready?.status };
    known.set(name, health);
    return health;
  }

  /** Says that the node stopped being ready, once. */
  async function tellChange(node: ReadonlyNode, health: Health, context: ControllerContext): Promise<void> {
    const ready = conditionOf(node.status.conditions, "Ready")?.status;
    const before = health.ready;
    health.ready = ready;
    if (before !== "True" || ready === "True") return;
    const { name } = node.metadata;
    context.events.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    await markPodsNotReady(node, context);
  }

  async function reconcile(node: ReadonlyNode, context: ControllerContext): Promise<void> {
    const { client, clock, requeueAfter } = context;
    const health = healthOf(node, context);
    const leftMs = health.seenAtMs + graceMs - clock.monotonic();
    let current: ReadonlyNode = node;
    if (leftMs > 0) requeueAfter(node.metadata.name, leftMs);
    else {
      const conditions = silentConditions(node, clock.now());
      current = await client.updateStatusIfChanged(Node, node, { ...node.status, conditions } as DeepReadonly<Node>["status"]);
    }
    await tellChange(current, health, context);
    await writeTaints(current, context);
  }

  return {
    name: "node-controller",
    reconciles: Node,
    indexes: [podsByNode],
    reads: [Pod],
    wokenBy: [
      // When a sign of life came is only known to who looks when it comes.
      on(Lease, ({ metadata: { namespace, name } }) => (namespace === LEASE_NAMESPACE ? [name] : [])),
    ],
    reconcile,
    forget(name) {
      known.delete(name);
    },
  };
}

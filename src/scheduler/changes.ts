/** Which hints a change of a node or a Pod gives to Pods that wait. */
import type { Node, Pod } from "../api/generated/core-v1.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { WakeHint } from "./core/framework.ts";

const differ = (a: unknown, b: unknown): boolean => a !== b && JSON.stringify(a) !== JSON.stringify(b);

export function nodeHints(node: DeepReadonly<Node>, previous: DeepReadonly<Node> | undefined): WakeHint[] {
  if (previous === undefined) return ["Node:added"];
  const hints: WakeHint[] = [];
  if (differ(node.metadata.labels, previous.metadata.labels)) hints.push("Node:labels");
  if (differ(node.spec.taints, previous.spec.taints)) hints.push("Node:taints");
  if (differ(node.status.allocatable, previous.status.allocatable)) hints.push("Node:allocatable");
  if (node.spec.unschedulable !== previous.spec.unschedulable) hints.push("Node:unschedulable");
  return hints;
}

/** What a change of the waiting Pod itself may have ended. */
export function ownHints(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod>): WakeHint[] {
  const hints: WakeHint[] = [];
  if (differ(pod.spec.tolerations, previous.spec.tolerations)) hints.push("Pod:tolerations");
  if (differ(pod.spec.schedulingGates, previous.spec.schedulingGates)) hints.push("Pod:gates");
  if (differ(pod.metadata.labels, previous.metadata.labels) || differ(pod.spec.containers, previous.spec.containers))
    hints.push("Pod:removed");
  return hints;
}

/** What a change of a Pod on a node means for others. */
export function boundHints(pod: DeepReadonly<Pod>, previous: DeepReadonly<Pod> | undefined): WakeHint[] {
  if (!previous?.spec.nodeName) return ["Pod:bound"];
  const hints: WakeHint[] = [];
  if (differ(pod.metadata.labels, previous.metadata.labels)) hints.push("Pod:bound", "Pod:removed");
  else if (pod.metadata.deletionTimestamp && !previous.metadata.deletionTimestamp) hints.push("Pod:terminating");
  if (differ(pod.spec.containers, previous.spec.containers) && !hints.includes("Pod:removed")) hints.push("Pod:removed");
  return hints;
}

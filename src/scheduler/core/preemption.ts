/**
 * Whether taking Pods of lower priority off a node would make room, and why not where it would not.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import { preemptionMessage, preemptionNotTried } from "./message.ts";
import type { PodInfo } from "./pod-info.ts";
import type { NodeRefusal } from "./schedule.ts";
import type { Snapshot } from "./snapshot.ts";

const NOT_HELPFUL = "Preemption is not helpful for scheduling";
const NO_VICTIMS = "No preemption victims found for incoming pod";

function outcomeOn(pod: PodInfo, snapshot: Snapshot, { node, refusals }: NodeRefusal): string {
  if (!refusals.every(({ preemptible }) => preemptible)) return NOT_HELPFUL;
  const index = snapshot.indexOf(node);
  const others = index === undefined ? [] : [...snapshot.pods[index]!.values()];
  return others.some(({ priority }) => priority < pod.priority) ? NOT_HELPFUL : NO_VICTIMS;
}

/** What upstream adds to the message of a Pod that found no node. */
export function preemptionOutcome(pod: PodInfo, snapshot: Snapshot, refused: readonly NodeRefusal[]): string {
  if (pod.pod.spec.preemptionPolicy === "Never") return preemptionNotTried("not eligible due to preemptionPolicy=Never");
  return preemptionMessage(
    snapshot.size,
    refused.map((refusal) => outcomeOn(pod, snapshot, refusal)),
  );
}

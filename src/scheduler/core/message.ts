/** Why a Pod found no node, in upstream's words: the message of its PodScheduled condition and of the FailedScheduling event. */
import type { NodeRefusal } from "./schedule.ts";

/** `1 Insufficient cpu, 2 node(s) had untolerated taint(s)`: each reason with the number of nodes, sorted as text. */
export function countReasons(reasons: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join(", ");
}

/** `after`: what trying to make room came to. */
export function unschedulableMessage(nodes: number, refused: readonly NodeRefusal[], after: string): string {
  if (nodes === 0) return "no nodes available to schedule pods";
  const reasons = countReasons(refused.flatMap(({ refusals }) => refusals.map(({ reason }) => reason)));
  return `0/${nodes} nodes are available: ${reasons}.${after === "" ? "" : ` ${after}`}`;
}

/** The words with which upstream's claims plugin ends before preemption is tried. */
const NO_CLAIMS = "no new claims to deallocate";

/** `outcomes`: for each node why taking Pods off it does not make room. */
export const preemptionMessage = (nodes: number, outcomes: readonly string[]): string =>
  `${NO_CLAIMS}, preemption: 0/${nodes} nodes are available: ${countReasons(outcomes)}.`;

export const preemptionNotTried = (why: string): string => `${NO_CLAIMS}, preemption: ${why}.`;

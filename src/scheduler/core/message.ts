/** Why a Pod found no node, in upstream's words: the message of its PodScheduled condition and of the FailedScheduling event. */
import type { PreemptionOutcome } from "./preemption.ts";
import type { Decision } from "./schedule.ts";

/** `1 Insufficient cpu, 2 node(s) had untolerated taint(s)`: each reason with the number of nodes, sorted as text. */
function countReasons(reasons: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join(", ");
}

type Unplaced = Extract<Decision, { node: undefined }>;

/** `after`: what trying to make room came to. */
export function unschedulableMessage(nodes: number, { rejection, refused }: Unplaced, after: string): string {
  if (nodes === 0) return "no nodes available to schedule pods";
  const reasons = rejection?.message ?? countReasons(refused.flatMap(({ refusals }) => refusals.map(({ reason }) => reason)));
  return `0/${nodes} nodes are available: ${reasons}.${after === "" ? "" : ` ${after}`}`;
}

/** The words with which upstream's claims plugin ends before preemption is tried. */
const NO_CLAIMS = "no new claims to deallocate";

/** What upstream adds where no node was looked at, an accident of its plugin order. */
export const AFTER_REJECTION = "not found";

/** What trying to make room came to, for the end of the message: nothing where it was made. */
export function preemptionWords(nodes: number, outcome: PreemptionOutcome): string {
  if (outcome.kind === "nominated") return "";
  const words = outcome.kind === "ineligible" ? outcome.why : `0/${nodes} nodes are available: ${countReasons(outcome.reasons)}`;
  return `${NO_CLAIMS}, preemption: ${words}.`;
}

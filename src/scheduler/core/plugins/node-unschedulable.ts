/**
 * Keeps Pods off cordoned nodes.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#manual-node-administration
 */
import { tolerates } from "../../../api/core/taint.ts";
import { type Plugin, SKIP } from "../framework.ts";

/** The taint that a cordoned node has; who tolerates it may be placed there even before the taint is written. */
const CORDONED = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" as const };

const REFUSALS = [{ reason: "node(s) were unschedulable", preemptible: false }];

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  weight: 0,
  wokenBy: ["Node:added", "Node:unschedulable", "Pod:tolerations"],
  normalize: "none",

  prepare({ pod }, { unschedulable }) {
    if (tolerates(pod.spec.tolerations, CORDONED)) return SKIP;
    return { refuses: (node) => unschedulable[node] === 1, explain: () => REFUSALS };
  },
};

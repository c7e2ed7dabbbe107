/** Honours spec.nodeName of a Pod that was not bound by a scheduler. */
import { type Plugin, SKIP } from "../framework.ts";

const REFUSALS = [{ reason: "node(s) didn't match the requested node name", preemptible: false }];

export const nodeName: Plugin = {
  name: "NodeName",
  weight: 0,
  wokenBy: ["Node:added"],
  normalize: "none",

  prepare({ pod }, { nodes }) {
    const wanted = pod.spec.nodeName;
    return wanted ? { refuses: (node) => nodes[node]!.name !== wanted, explain: () => REFUSALS } : SKIP;
  },
};

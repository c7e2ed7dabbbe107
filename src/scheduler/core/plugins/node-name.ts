/** Honours spec.nodeName of a Pod that was not bound by a scheduler. */
import { type Plugin, SKIP } from "../framework.ts";

export const nodeName: Plugin = {
  name: "NodeName",
  weight: 0,
  wokenBy: ["Node:added"],
  normalize: "none",

  prepare({ pod }, { nodes }) {
    const wanted = pod.spec.nodeName;
    return wanted ? { refuses: (node) => nodes[node]!.name !== wanted } : SKIP;
  },

  explain: () => [{ reason: "node(s) didn't match the requested node name", preemptible: false }],
};

/**
 * Places Pods by the labels of nodes: nodeSelector and required node affinity refuse, preferred terms score.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
 */
import { requiredAffinityMatches, termMatches } from "../../../api/core/node-affinity.ts";
import { type Plugin, SKIP } from "../framework.ts";

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  weight: 2,
  wokenBy: ["Node:added", "Node:labels"],
  normalize: "highest",

  prepare({ pod }, { nodes }) {
    const affinity = pod.spec.affinity?.nodeAffinity;
    const requires =
      pod.spec.nodeSelector !== undefined || affinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
    const preferred = (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).filter(({ weight }) => weight !== 0);
    if (!requires && preferred.length === 0) return SKIP;
    return {
      ...(requires ? { refuses: (node: number) => !requiredAffinityMatches(pod.spec, nodes[node]!) } : {}),
      ...(preferred.length === 0
        ? {}
        : {
            score: (node: number) => {
              let sum = 0;
              for (const { weight, preference } of preferred) if (termMatches(preference, nodes[node]!)) sum += weight;
              return sum;
            },
          }),
    };
  },

  explain: () => [{ reason: "node(s) didn't match Pod's node affinity/selector", preemptible: false }],
};

/**
 * Places Pods by the labels of nodes: nodeSelector and required node affinity refuse, preferred terms score.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
 */
import { requiredAffinityMatches, termMatches } from "../../../api/core/node-affinity.ts";
import type { NodeAffinity } from "../../../api/generated/shared.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import { type Plugin, SKIP } from "../framework.ts";

const REFUSALS = [{ reason: "node(s) didn't match Pod's node affinity/selector", preemptible: false }];

/** Where every required term names nodes, as those of DaemonSets do, no other node need be looked at. */
function namedNodes(affinity: DeepReadonly<NodeAffinity> | undefined): ReadonlySet<string> | undefined {
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const named = new Set<string>();
  for (const { matchFields = [] } of terms) {
    const lists = matchFields.filter(({ key, operator }) => key === "metadata.name" && operator === "In");
    const [first, ...others] = lists.map(({ values = [] }) => values);
    if (first === undefined) return undefined;
    for (const name of first) if (others.every((values) => values.includes(name))) named.add(name);
  }
  return terms.length === 0 ? undefined : named;
}

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
    const named = namedNodes(affinity);
    return {
      ...(requires
        ? { refuses: (node: number) => !requiredAffinityMatches(pod.spec, nodes[node]!), explain: () => REFUSALS }
        : {}),
      ...(named === undefined ? {} : { onlyNodes: named }),
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
};

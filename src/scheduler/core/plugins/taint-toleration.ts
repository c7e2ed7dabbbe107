/**
 * Keeps Pods off nodes whose taints they do not tolerate, and prefers nodes with fewer taints that they would rather avoid.
 *
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
import { type Taint, tolerates } from "../../../api/core/taint.ts";
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { Plugin } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import type { TaintSet } from "../taint-sets.ts";

const keepsOff = (taint: DeepReadonly<Taint>): boolean => taint.effect !== "PreferNoSchedule";

const REFUSALS = [{ reason: "node(s) had untolerated taint(s)", preemptible: false }];

/** For each set of taints whether it keeps the Pod off. */
export const untoleratedSets = ({ spec }: PodInfo["pod"], sets: readonly TaintSet[]): readonly boolean[] =>
  sets.map((taints) => taints.some((taint) => keepsOff(taint) && !tolerates(spec.tolerations, taint)));

export const taintToleration: Plugin = {
  name: "TaintToleration",
  weight: 3,
  wokenBy: ["Node:added", "Node:taints", "Pod:tolerations"],
  /** Fewer is better. */
  normalize: "reversed",

  /** Nodes with equal taints share one set, so a Pod is judged once for each distinct set and not once for each node. */
  prepare({ pod }, { taintSets, taintSetOf }) {
    const { tolerations = [] } = pod.spec;
    // Only tolerations that could mean PreferNoSchedule count against what a Pod would rather avoid.
    const soft = tolerations.filter(({ effect }) => !effect || effect === "PreferNoSchedule");
    const refused = untoleratedSets(pod, taintSets);
    const avoided = taintSets.map((taints) => taints.filter((taint) => !keepsOff(taint) && !tolerates(soft, taint)).length);
    return {
      ...(refused.includes(true) ? { refuses: (node: number) => refused[taintSetOf[node]!]!, explain: () => REFUSALS } : {}),
      score: (node) => avoided[taintSetOf[node]!]!,
    };
  },
};

/**
 * Topology spread constraints as the plugin counts by them, and the counting itself.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import { requiredAffinityMatches } from "../../api/core/node-affinity.ts";
import type { TopologySpreadConstraint } from "../../api/generated/shared.ts";
import { allRequirements, type LabelMatcher, selectorFromObject } from "../../api/selectors/labels.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { untoleratedSets } from "./plugins/taint-toleration.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Topology } from "./topologies.ts";

export const HOSTNAME = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";

export interface Constraint {
  readonly topology: Topology;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: LabelMatcher;
  /** Whether a node's Pods count. */
  counts(node: number): boolean;
}

type Given = DeepReadonly<TopologySpreadConstraint>;

/** How Pods are spread that say nothing themselves but belong to a Service or a controller. */
const DEFAULTS: readonly Given[] = [
  { topologyKey: HOSTNAME, maxSkew: 3, whenUnsatisfiable: "ScheduleAnyway" },
  { topologyKey: ZONE, maxSkew: 5, whenUnsatisfiable: "ScheduleAnyway" },
];

/** Label keys whose values the Pod has narrow the selector to Pods of the same revision. */
function selectorOf({ labelSelector, matchLabelKeys = [] }: Given, labels: Readonly<Record<string, string>>): LabelMatcher {
  const selector = selectorFromObject(labelSelector);
  if (!selector.matchesSomething) return selector;
  const pairs = matchLabelKeys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator: "=" as const, values: [value] }];
  });
  return pairs.length === 0 ? selector : allRequirements([...selector.requirements, ...pairs]);
}

/** Which nodes' Pods count: by default those of nodes that the Pod's node affinity allows, whatever their taints. */
function inclusion({ nodeAffinityPolicy, nodeTaintsPolicy }: Given, { pod }: PodInfo, snapshot: Snapshot) {
  const affinity = pod.spec.nodeSelector ?? pod.spec.affinity?.nodeAffinity;
  const honoursAffinity = affinity !== undefined && nodeAffinityPolicy !== "Ignore";
  const untolerated = nodeTaintsPolicy === "Honor" ? untoleratedSets(pod, snapshot.taintSets) : undefined;
  return (node: number): boolean => {
    if (honoursAffinity && !requiredAffinityMatches(pod.spec, snapshot.nodes[node]!)) return false;
    return !untolerated?.[snapshot.taintSetOf[node]!];
  };
}

export interface SpreadConstraints {
  readonly hard: readonly Constraint[];
  readonly soft: readonly Constraint[];
  /** They are the built-in ones: then nodes that lack a topology label take part too. */
  readonly builtIn: boolean;
}

export function spreadConstraints(info: PodInfo, snapshot: Snapshot): SpreadConstraints | undefined {
  const { spec, metadata } = info.pod;
  const given = spec.topologySpreadConstraints ?? [];
  const builtIn = given.length === 0;
  const like = builtIn ? snapshot.workloads.selectorFor(info.pod) : undefined;
  if (builtIn && like === undefined) return undefined;
  const prepared = (each: Given): Constraint => ({
    topology: snapshot.topology(each.topologyKey),
    maxSkew: each.maxSkew,
    minDomains: each.minDomains ?? 1,
    selector: like ?? selectorOf(each, metadata.labels ?? {}),
    counts: inclusion(each, info, snapshot),
  });
  const all = builtIn ? DEFAULTS : given;
  const of = (when: Given["whenUnsatisfiable"]): Constraint[] =>
    all.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when).map(prepared);
  return { hard: of("DoNotSchedule"), soft: of("ScheduleAnyway"), builtIn };
}

/** True where the node has the labels of all the constraints. */
export const hasAllTopologies = (constraints: readonly Constraint[], node: number): boolean =>
  constraints.every(({ topology }) => topology.valueAt[node]! > 0);

/** Calls `visit` with each node that has Pods which the selector means, and how many. Pods that are ending do not count. */
export function visitSelected(
  { pod }: PodInfo,
  selector: LabelMatcher,
  snapshot: Snapshot,
  visit: (node: number, count: number) => void,
): void {
  // A selector without requirements counts no Pods, though it means all of them.
  if (selector.requirements.length === 0) return;
  for (const group of snapshot.groups.ofNamespace(pod.metadata.namespace ?? "")) {
    if (group.terminating || !selector.matches(group.labels)) continue;
    for (const [node, count] of group.nodes) visit(node, count);
  }
}

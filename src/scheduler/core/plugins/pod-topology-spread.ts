/**
 * Spreads Pods evenly over zones, hosts or other topologies: hard constraints refuse, soft ones score.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
import { MAX_SCORE, type Plugin, type Prepared, SKIP } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import type { Snapshot } from "../snapshot.ts";
import {
  type Constraint,
  HOSTNAME,
  hasAllTopologies,
  type SpreadConstraints,
  spreadConstraints,
  visitSelected,
} from "../spread-constraints.ts";

const SKEWED = [{ reason: "node(s) didn't match pod topology spread constraints", preemptible: true }];
const UNLABELLED = [
  { reason: "node(s) didn't match pod topology spread constraints (missing required label)", preemptible: false },
];

interface HardConstraint {
  readonly valueAt: Float64Array;
  /** By number of the topology value. */
  readonly counts: Float64Array;
  /** The most Pods that a value may have before this one is added. */
  readonly most: number;
}

function counted(pod: PodInfo, constraint: Constraint, all: readonly Constraint[], snapshot: Snapshot): HardConstraint {
  const { topology, selector, minDomains, maxSkew } = constraint;
  const { valueAt } = topology;
  const counts = new Float64Array(topology.size);
  const eligible = (node: number): boolean => hasAllTopologies(all, node) && constraint.counts(node);
  const domains = new Uint8Array(topology.size);
  let domainCount = 0;
  for (let node = 0; node < snapshot.size; node++) {
    const value = valueAt[node]!;
    if (domains[value] === 1 || !eligible(node)) continue;
    domains[value] = 1;
    domainCount++;
  }
  visitSelected(pod, selector, snapshot, (node, count) => {
    if (eligible(node)) counts[valueAt[node]!]! += count;
  });
  let least = domainCount === 0 ? 2 ** 31 - 1 : Number.POSITIVE_INFINITY;
  for (let value = 1; value < counts.length; value++) if (domains[value] === 1) least = Math.min(least, counts[value]!);
  if (domainCount < minDomains) least = 0;
  const self = selector.matches(pod.pod.metadata.labels) ? 1 : 0;
  return { valueAt, counts, most: maxSkew + least - self };
}

function filter(pod: PodInfo, constraints: readonly Constraint[], snapshot: Snapshot): Prepared {
  if (constraints.length === 0) return {};
  const hard = constraints.map((each) => counted(pod, each, constraints, snapshot));
  return {
    refuses(node) {
      for (const { valueAt, counts, most } of hard) {
        const value = valueAt[node]!;
        if (value === 0 || counts[value]! > most) return true;
      }
      return false;
    },
    explain(node) {
      const broken = hard.find(({ valueAt, counts, most }) => valueAt[node] === 0 || counts[valueAt[node]!]! > most);
      return broken?.valueAt[node] === 0 ? UNLABELLED : SKEWED;
    },
  };
}

interface SoftConstraint {
  readonly valueAt: Float64Array;
  readonly perHost: boolean;
  /** By node for hosts, else by number of the topology value. */
  readonly counts: Float64Array;
  readonly weight: number;
  readonly slack: number;
}

/** The more values there are, the more a Pod more on one of them weighs. */
function softened(
  pod: PodInfo,
  constraint: Constraint,
  { snapshot, candidates, takesPart }: { snapshot: Snapshot; candidates: readonly number[]; takesPart(node: number): boolean },
): SoftConstraint {
  const { topology, selector, maxSkew } = constraint;
  const { valueAt } = topology;
  const perHost = topology.key === HOSTNAME;
  const counts = new Float64Array(perHost ? snapshot.size : topology.size);
  let values = candidates.length;
  if (perHost) visitSelected(pod, selector, snapshot, (node, count) => (counts[node]! += count));
  else {
    const seen = new Uint8Array(topology.size);
    for (const node of candidates) seen[valueAt[node]!] = 1;
    values = seen.reduce((sum, each) => sum + each, 0);
    visitSelected(pod, selector, snapshot, (node, count) => {
      const value = valueAt[node]!;
      if (seen[value] === 1 && takesPart(node) && constraint.counts(node)) counts[value]! += count;
    });
  }
  return { valueAt, perHost, counts, weight: Math.log(values + 2), slack: maxSkew - 1 };
}

function scoreAll(
  pod: PodInfo,
  { soft: constraints, builtIn }: SpreadConstraints,
  snapshot: Snapshot,
  { feasible, scores }: { feasible: readonly number[]; scores: Float64Array },
): void {
  const takesPart = (node: number): boolean => builtIn || hasAllTopologies(constraints, node);
  const candidates = builtIn ? feasible : feasible.filter(takesPart);
  const soft = constraints.map((each) => softened(pod, each, { snapshot, candidates, takesPart }));
  let lowest = Number.POSITIVE_INFINITY;
  let highest = 0;
  for (let position = 0; position < feasible.length; position++) {
    const node = feasible[position]!;
    scores[position] = -1;
    if (!takesPart(node)) continue;
    let sum = 0;
    for (const { valueAt, perHost, counts, weight, slack } of soft) {
      const value = valueAt[node]!;
      if (value > 0) sum += counts[perHost ? node : value]! * weight + slack;
    }
    const score = Math.round(sum);
    scores[position] = score;
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
  }
  for (let position = 0; position < scores.length; position++) {
    const score = scores[position]!;
    if (score < 0) scores[position] = 0;
    else scores[position] = highest === 0 ? MAX_SCORE : Math.floor((MAX_SCORE * (highest + lowest - score)) / highest);
  }
}

export const podTopologySpread: Plugin = {
  name: "PodTopologySpread",
  weight: 2,
  wokenBy: ["Node:added", "Node:labels", "Node:taints", "Pod:removed", "Pod:terminating", "Pod:bound"],
  normalize: "none",

  prepare(pod, snapshot) {
    const constraints = spreadConstraints(pod, snapshot);
    if (constraints === undefined) return SKIP;
    const prepared = filter(pod, constraints.hard, snapshot);
    if (constraints.soft.length === 0) return prepared;
    return {
      ...prepared,
      scoreAll: (feasible, scores) => scoreAll(pod, constraints, snapshot, { feasible, scores }),
    };
  },
};

/**
 * Places Pods near other Pods or away from them: required terms of the Pod and anti-affinity of Pods that are there refuse, preferred
 * terms of both sides score.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import { MAX_SCORE, type Plugin, type Prepared, SKIP } from "../framework.ts";
import type { PodGroup } from "../pod-groups.ts";
import type { PodInfo } from "../pod-info.ts";
import { type PodTerm, type TermTarget, termSelects } from "../pod-terms.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Topology } from "../topologies.ts";

/** What a required affinity of a Pod that is there weighs for one that it would like to have near. */
const HARD_AFFINITY_WEIGHT = 1;

const AFFINITY = [{ reason: "node(s) didn't match pod affinity rules", preemptible: false }];
const ANTI_AFFINITY = [{ reason: "node(s) didn't match pod anti-affinity rules", preemptible: true }];
const EXISTING = [{ reason: "node(s) didn't satisfy existing pods anti-affinity rules", preemptible: true }];

const targetOf = (namespace: string, labels: TermTarget["labels"], snapshot: Snapshot): TermTarget => ({
  namespace,
  namespaceLabels: snapshot.namespaceLabels(namespace),
  labels,
});

/** Sums by value of a topology label. */
interface Sums {
  readonly topology: Topology;
  readonly sums: Float64Array;
}

class SumsByKey {
  readonly all = new Map<string, Sums>();
  readonly #snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  /** Adds `weight` for each Pod of the group where it is. */
  add(key: string, group: PodGroup, weight: number): void {
    let entry = this.all.get(key);
    if (entry === undefined) {
      const topology = this.#snapshot.topology(key);
      entry = { topology, sums: new Float64Array(topology.size) };
      this.all.set(key, entry);
    }
    const { sums } = entry;
    const { valueAt } = entry.topology;
    for (const [node, count] of group.nodes) {
      const value = valueAt[node]!;
      if (value > 0) sums[value]! += weight * count;
    }
  }

  /** True on nodes where one of the sums is not 0. */
  anyAt(node: number): boolean {
    for (const { topology, sums } of this.all.values()) if (sums[topology.valueAt[node]!]! > 0) return true;
    return false;
  }
}

/** Groups that a term may mean: by its namespaces where it has no selector for them. */
function* groupsInReach(terms: readonly PodTerm[], { groups }: Snapshot): Iterable<PodGroup> {
  if (terms.some(({ namespaceSelector }) => namespaceSelector.matchesSomething)) return yield* groups.all.values();
  const namespaces = new Set(terms.flatMap((term) => [...term.namespaces]));
  for (const namespace of namespaces) yield* groups.ofNamespace(namespace);
}

/** True where all Pods that the Pod wants to be near are in the same place as the node. */
function nearPods(pod: PodInfo, own: TermTarget, snapshot: Snapshot): ((node: number) => boolean) | undefined {
  const terms = pod.terms?.affinity ?? [];
  if (terms.length === 0) return undefined;
  const found = new SumsByKey(snapshot);
  for (const group of groupsInReach(terms, snapshot)) {
    const target = targetOf(group.namespace, group.labels, snapshot);
    if (terms.every((term) => termSelects(term, target))) for (const term of terms) found.add(term.topologyKey, group, 1);
  }
  const places = terms.map(({ topologyKey }) => ({
    topology: snapshot.topology(topologyKey),
    sums: found.all.get(topologyKey)?.sums,
  }));
  const somewhere = [...found.all.values()].some(({ sums }) => sums.some((sum) => sum > 0));
  // The first of a group of Pods that want to be together has nobody to join.
  const first = !somewhere && terms.every((term) => termSelects(term, own));
  return (node) => {
    let joined = true;
    for (const { topology, sums } of places) {
      const value = topology.valueAt[node]!;
      if (value === 0) return false;
      if (!(sums !== undefined && sums[value]! > 0)) joined = false;
    }
    return joined || first;
  };
}

function awayFrom(pod: PodInfo, snapshot: Snapshot): SumsByKey {
  const found = new SumsByKey(snapshot);
  for (const term of pod.terms?.antiAffinity ?? []) {
    for (const group of groupsInReach([term], snapshot))
      if (termSelects(term, targetOf(group.namespace, group.labels, snapshot))) found.add(term.topologyKey, group, 1);
  }
  return found;
}

/** Where Pods are that keep this one away. */
function keptAway(own: TermTarget, snapshot: Snapshot): SumsByKey {
  const found = new SumsByKey(snapshot);
  for (const group of snapshot.groups.withAntiAffinity) {
    for (const term of group.terms?.antiAffinity ?? []) if (termSelects(term, own)) found.add(term.topologyKey, group, 1);
  }
  return found;
}

function preferences(pod: PodInfo, own: TermTarget, snapshot: Snapshot): SumsByKey {
  const found = new SumsByKey(snapshot);
  const preferred = pod.terms?.preferred ?? [];
  if (preferred.length > 0) {
    for (const group of groupsInReach(preferred, snapshot)) {
      const target = targetOf(group.namespace, group.labels, snapshot);
      for (const term of preferred) if (termSelects(term, target)) found.add(term.topologyKey, group, term.weight);
    }
  }
  for (const group of snapshot.groups.withTerms) {
    for (const term of group.terms?.affinity ?? [])
      if (termSelects(term, own)) found.add(term.topologyKey, group, HARD_AFFINITY_WEIGHT);
    for (const term of group.terms?.preferred ?? []) if (termSelects(term, own)) found.add(term.topologyKey, group, term.weight);
  }
  return found;
}

function scoreAll(found: SumsByKey, feasible: readonly number[], scores: Float64Array): void {
  if (found.all.size === 0) return void scores.fill(0);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const [position, node] of feasible.entries()) {
    let sum = 0;
    for (const { topology, sums } of found.all.values()) sum += sums[topology.valueAt[node]!]!;
    scores[position] = sum;
    lowest = Math.min(lowest, sum);
    highest = Math.max(highest, sum);
  }
  const range = highest - lowest;
  for (let position = 0; position < scores.length; position++)
    scores[position] = range === 0 ? 0 : Math.floor((MAX_SCORE * (scores[position]! - lowest)) / range);
}

export const interPodAffinity: Plugin = {
  name: "InterPodAffinity",
  weight: 2,
  wokenBy: ["Node:added", "Node:labels", "Pod:removed", "Pod:bound", "Namespace:changed"],
  normalize: "none",

  prepare(pod, snapshot) {
    const { groups } = snapshot;
    if (pod.terms === undefined && groups.withTerms.size === 0) return SKIP;
    const own = targetOf(pod.pod.metadata.namespace ?? "", pod.pod.metadata.labels, snapshot);
    const near = nearPods(pod, own, snapshot);
    const away = awayFrom(pod, snapshot);
    const kept = keptAway(own, snapshot);
    const filters = near !== undefined || away.all.size > 0 || kept.all.size > 0;
    const scoring: Prepared = {
      scoreAll: (feasible, scores) => scoreAll(preferences(pod, own, snapshot), feasible, scores),
    };
    if (!filters) return scoring;
    return {
      ...scoring,
      refuses: (node) => (near !== undefined && !near(node)) || away.anyAt(node) || kept.anyAt(node),
      explain: (node) => (near !== undefined && !near(node) ? AFFINITY : away.anyAt(node) ? ANTI_AFFINITY : EXISTING),
    };
  },
};

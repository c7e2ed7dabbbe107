/**
 * One decision: the best node for a Pod, or why there is none. Pure over the state, and synchronous.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
 */
import { type Entropy, randomInteger } from "../../base/entropy.ts";
import type { ClusterState } from "./cluster-state.ts";
import { MAX_SCORE, type Plugin, type Refusal, type VolumeBindings } from "./framework.ts";
import { type Participant, type Preparation, prepare, type Rejection, refusalOn } from "./judge.ts";
import type { PodInfo } from "./pod-info.ts";

export interface NodeRefusal {
  node: string;
  /** The plugin that refused first, as filters stop there. */
  plugin: string;
  refusals: readonly Refusal[];
}

export type Decision =
  | { node: string; feasible: readonly number[]; volumes?: VolumeBindings }
  | {
      node: undefined;
      /** Upstream's words where no node was looked at. */
      rejection?: Rejection;
      /** One a node. */
      refused: readonly NodeRefusal[];
    };

/** Upstream looks at no more nodes than this share of a large cluster finds feasible. */
const MIN_FEASIBLE = 100;
const MIN_PERCENT = 5;

function enoughFeasible(nodes: number): number {
  if (nodes < MIN_FEASIBLE) return nodes;
  const percent = Math.max(50 - Math.floor(nodes / 125), MIN_PERCENT);
  return Math.max(Math.floor((nodes * percent) / 100), MIN_FEASIBLE);
}

export interface ScheduleOptions {
  plugins: readonly Plugin[];
  /** Breaks ties. */
  entropy: Entropy;
  /** Where to begin to look, so that large clusters are filled evenly; kept by the caller. */
  startNode: number;
}

/** `examined`: how many nodes were looked at; the caller moves `startNode` on by it. */
export function schedule(pod: PodInfo, state: ClusterState, options: ScheduleOptions): { decision: Decision; examined: number } {
  const preparation = prepare(pod, state, options.plugins);
  if (preparation.rejection) return { decision: { node: undefined, rejection: preparation.rejection, refused: [] }, examined: 0 };
  const { feasible, refused, examined } = feasibleNodes(pod, state, preparation, options);
  if (feasible.length === 0) return { decision: { node: undefined, refused: refused() }, examined };
  const { participants } = preparation;
  const best = feasible.length === 1 ? feasible[0]! : bestOf(feasible, participants, options.entropy);
  const bindings = participants.find(({ prepared }) => prepared.bindings)?.prepared.bindings?.(best);
  const volumes = bindings && bindings.bind.size + bindings.provision.length > 0 ? bindings : undefined;
  return { decision: { node: state.nodes[best]!.name, feasible, ...(volumes ? { volumes } : {}) }, examined };
}

interface Search {
  feasible: readonly number[];
  /** Puts the refusals into words. */
  refused(): NodeRefusal[];
  examined: number;
}

/** The node for which room was made, where the Pod fits there. */
function nominated(pod: PodInfo, state: ClusterState, preparation: Preparation): Search | undefined {
  const name = pod.pod.status.nominatedNodeName;
  const node = name ? state.indexOf(name) : undefined;
  if (node === undefined || (preparation.onlyNodes && !preparation.onlyNodes.has(state.nodes[node]!.name))) return undefined;
  return refusalOn(pod, state, preparation, node) ? undefined : { feasible: [node], refused: () => [], examined: 0 };
}

function feasibleNodes(pod: PodInfo, state: ClusterState, preparation: Preparation, { startNode }: ScheduleOptions): Search {
  const reserved = nominated(pod, state, preparation);
  if (reserved) return reserved;
  const { onlyNodes } = preparation;
  const named = onlyNodes && [...onlyNodes].map((name) => state.indexOf(name)).filter((index) => index !== undefined);
  const count = named ? named.length : state.size;
  const wanted = enoughFeasible(count);
  const feasible: number[] = [];
  const refusing: Participant[] = [];
  const refusedNodes: number[] = [];
  let examined = 0;
  for (; examined < count && feasible.length < wanted; examined++) {
    const node = named ? named[examined]! : (startNode + examined) % count;
    const participant = refusalOn(pod, state, preparation, node);
    if (participant === undefined) feasible.push(node);
    else {
      refusing.push(participant);
      refusedNodes.push(node);
    }
  }
  const refused = (): NodeRefusal[] => [
    ...refusing.map(({ plugin, prepared }, position) => {
      const node = refusedNodes[position]!;
      return { node: state.nodes[node]!.name, plugin: plugin.name, refusals: prepared.explain?.(node) ?? [] };
    }),
    ...leftOut(state, preparation),
  ];
  return { feasible, refused, examined: named ? 0 : examined };
}

/** Nodes that the Pod did not name. */
function leftOut({ nodes }: ClusterState, { onlyNodes, onlyNodesBy }: Preparation): NodeRefusal[] {
  if (onlyNodes === undefined) return [];
  const reason = `node(s) didn't satisfy plugin(s) [${onlyNodesBy.join(" ")}]`;
  return nodes
    .filter(({ name }) => !onlyNodes.has(name))
    .map(({ name }) => ({ node: name, plugin: onlyNodesBy[0] ?? "", refusals: [{ reason, preemptible: false }] }));
}

function bestOf(feasible: readonly number[], participants: readonly Participant[], entropy: Entropy): number {
  const totals = totalScores(feasible, participants);
  let highest = -1;
  let ties: number[] = [];
  for (let index = 0; index < feasible.length; index++) {
    if (totals[index]! > highest) {
      highest = totals[index]!;
      ties = [];
    }
    if (totals[index] === highest) ties.push(feasible[index]!);
  }
  return ties.length === 1 ? ties[0]! : ties[randomInteger(entropy, ties.length)]!;
}

/** The weighted, normalised sum for each of the nodes; `onScored` sees what each plugin gave. */
export function totalScores(
  feasible: readonly number[],
  participants: readonly Participant[],
  onScored?: (plugin: Plugin, weighted: Float64Array) => void,
): Float64Array {
  const totals = new Float64Array(feasible.length);
  const scores = new Float64Array(feasible.length);
  for (const { plugin, prepared } of participants) {
    if (plugin.weight === 0) continue;
    if (prepared.scoreAll) prepared.scoreAll(feasible, scores);
    else if (prepared.score) {
      for (let index = 0; index < feasible.length; index++) scores[index] = prepared.score(feasible[index]!);
      normalize(plugin, scores);
    } else continue;
    for (let index = 0; index < feasible.length; index++) totals[index]! += scores[index]! * plugin.weight;
    onScored?.(
      plugin,
      scores.map((score) => score * plugin.weight),
    );
  }
  return totals;
}

function normalize({ normalize: how }: Plugin, scores: Float64Array): void {
  if (how === "none") return;
  let highest = 0;
  for (const score of scores) if (score > highest) highest = score;
  const reversed = how === "reversed";
  for (let index = 0; index < scores.length; index++) {
    const scaled = highest === 0 ? 0 : Math.floor((MAX_SCORE * scores[index]!) / highest);
    scores[index] = reversed ? MAX_SCORE - scaled : scaled;
  }
}

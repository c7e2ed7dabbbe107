/**
 * One decision: the best node for a Pod, or why there is none. Pure over the snapshot, and synchronous.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
 */
import { type Entropy, randomInteger } from "../../base/entropy.ts";
import { MAX_SCORE, type Plugin, type Prepared, type Refusal, SKIP } from "./framework.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

export interface NodeRefusal {
  node: string;
  /** The plugin that refused first, as filters stop there. */
  plugin: string;
  refusals: readonly Refusal[];
}

export type Decision =
  | { node: string; feasible: number }
  | {
      node: undefined;
      /** One a node. */
      refused: readonly NodeRefusal[];
    };

/** Upstream looks at no more nodes than this share of a large cluster finds feasible. */
const MIN_FEASIBLE = 100;
const MIN_PERCENT = 5;

export function enoughFeasible(nodes: number): number {
  if (nodes < MIN_FEASIBLE) return nodes;
  const percent = Math.max(50 - Math.floor(nodes / 125), MIN_PERCENT);
  return Math.max(Math.floor((nodes * percent) / 100), MIN_FEASIBLE);
}

interface Participant {
  plugin: Plugin;
  prepared: Prepared;
}

export interface ScheduleOptions {
  plugins: readonly Plugin[];
  /** Breaks ties. */
  entropy: Entropy;
  /** Where to begin to look, so that large clusters are filled evenly; kept by the caller. */
  startNode: number;
}

/** `examined`: how many nodes were looked at; the caller moves `startNode` on by it. */
export function schedule(pod: PodInfo, snapshot: Snapshot, options: ScheduleOptions): { decision: Decision; examined: number } {
  const participants: Participant[] = [];
  for (const plugin of options.plugins) {
    const prepared = plugin.prepare(pod, snapshot);
    if (prepared !== SKIP) participants.push({ plugin, prepared });
  }
  const filters = participants.filter(({ prepared }) => prepared.refuses !== undefined);
  const wanted = enoughFeasible(snapshot.size);
  const feasible: number[] = [];
  const refused: [node: number, plugin: Plugin][] = [];
  let examined = 0;
  for (; examined < snapshot.size && feasible.length < wanted; examined++) {
    const node = (options.startNode + examined) % snapshot.size;
    const filter = filters.find(({ prepared }) => prepared.refuses?.(node));
    if (filter === undefined) feasible.push(node);
    else refused.push([node, filter.plugin]);
  }
  if (feasible.length === 0) {
    const decision: Decision = {
      node: undefined,
      refused: refused.map(([node, plugin]) => ({
        node: snapshot.nodes[node]!.name,
        plugin: plugin.name,
        refusals: plugin.explain?.(pod, snapshot, node) ?? [],
      })),
    };
    return { decision, examined };
  }
  const best = feasible.length === 1 ? feasible[0]! : bestOf(feasible, participants, options.entropy);
  return { decision: { node: snapshot.nodes[best]!.name, feasible: feasible.length }, examined };
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

/** The weighted, normalised sum for each of the nodes. */
export function totalScores(feasible: readonly number[], participants: readonly Participant[]): Float64Array {
  const totals = new Float64Array(feasible.length);
  const scores = new Float64Array(feasible.length);
  for (const { plugin, prepared } of participants) {
    if (prepared.score === undefined || plugin.weight === 0) continue;
    for (let index = 0; index < feasible.length; index++) scores[index] = prepared.score(feasible[index]!);
    normalize(plugin, scores);
    for (let index = 0; index < feasible.length; index++) totals[index]! += scores[index]! * plugin.weight;
  }
  return totals;
}

function normalize({ normalize: how }: Plugin, scores: Float64Array): void {
  if (how === "none") return;
  if (typeof how === "function") return how(scores, scores.length);
  let highest = 0;
  for (const score of scores) if (score > highest) highest = score;
  const reversed = how === "reversed";
  for (let index = 0; index < scores.length; index++) {
    const scaled = highest === 0 ? 0 : Math.floor((MAX_SCORE * scores[index]!) / highest);
    scores[index] = reversed ? MAX_SCORE - scaled : scaled;
  }
}

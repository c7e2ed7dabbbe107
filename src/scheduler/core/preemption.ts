/**
 * Makes room for a Pod that found no node, by taking Pods of lower priority off one: which node and which Pods, or why it would not help.
 *
 * Tries are made on the state itself within one synchronous step: Pods are taken off, the filters asked, and the Pods put back, so nobody
 * sees it between.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
import { type Entropy, randomInteger } from "../../base/entropy.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { Plugin, Refusal } from "./framework.ts";
import { prepare, refusalOn } from "./judge.ts";
import type { PodInfo } from "./pod-info.ts";
import type { NodeRefusal } from "./schedule.ts";

const NOT_HELPFUL = "Preemption is not helpful for scheduling";
const NO_VICTIMS = "No preemption victims found for incoming pod";

/** So many nodes are tried at most, or this share of a large cluster. */
const MIN_CANDIDATES = 100;
const CANDIDATES_PERCENT = 10;

export type PreemptionOutcome =
  | { kind: "nominated"; node: string; victims: readonly PodInfo[] }
  /** It may not preempt now; what was nominated stays. */
  | { kind: "ineligible"; why: string }
  /** For each node why taking Pods off it does not help. */
  | { kind: "none"; reasons: readonly string[] };

export interface PreemptionOptions {
  plugins: readonly Plugin[];
  entropy: Entropy;
  refused: readonly NodeRefusal[];
}

interface Candidate {
  readonly node: string;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  /** How many of them are beyond a disruption budget. */
  readonly violations: number;
}

const helpful = ({ refusals }: NodeRefusal): boolean => refusals.every(({ preemptible }) => preemptible);

export function preempt(pod: PodInfo, state: ClusterState, options: PreemptionOptions): PreemptionOutcome {
  const why = ineligibility(pod, state, options.refused);
  if (why !== undefined) return { kind: "ineligible", why };
  const promising = options.refused.filter(helpful);
  const { candidates, reasons } = findCandidates(pod, state, promising, options);
  const best = pickOne(candidates);
  if (best) return { kind: "nominated", node: best.node, victims: best.victims };
  const hopeless = options.refused.length - promising.length;
  return { kind: "none", reasons: [...reasons, ...Array.from({ length: hopeless }, () => NOT_HELPFUL)] };
}

/** A Pod that made room already waits until its victims are gone. */
function ineligibility(pod: PodInfo, state: ClusterState, refused: readonly NodeRefusal[]): string | undefined {
  if (pod.pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never";
  const nominated = pod.pod.status.nominatedNodeName;
  const index = nominated ? state.indexOf(nominated) : undefined;
  if (index === undefined) return undefined;
  const refusal = refused.find(({ node }) => node === nominated);
  if (refusal && !helpful(refusal)) return undefined;
  for (const other of state.pods[index]!.values())
    if (other.priority < pod.priority && other.preempted) return "not eligible due to a terminating pod on the nominated node";
  return undefined;
}

function findCandidates(pod: PodInfo, state: ClusterState, promising: readonly NodeRefusal[], options: PreemptionOptions) {
  const candidates: Candidate[] = [];
  const reasons: string[] = [];
  const enough = Math.max(Math.floor((promising.length * CANDIDATES_PERCENT) / 100), MIN_CANDIDATES);
  const start = promising.length > enough ? randomInteger(options.entropy, promising.length) : 0;
  let harmless = 0;
  for (let step = 0; step < promising.length && !(harmless > 0 && candidates.length >= enough); step++) {
    const node = promising[(start + step) % promising.length]!.node;
    const result = victimsOn(pod, state, node, options.plugins);
    if ("victims" in result) {
      candidates.push({ node, ...result });
      if (result.violations === 0) harmless++;
    } else reasons.push(...result.refusals.map(({ reason }) => reason));
  }
  return { candidates, reasons };
}

type Victims = Pick<Candidate, "victims" | "violations"> | { refusals: readonly Refusal[] };

/** Takes off all Pods of lower priority, then puts back as many as can stay, the most important first. */
function victimsOn(pod: PodInfo, state: ClusterState, name: string, plugins: readonly Plugin[]): Victims {
  const node = state.indexOf(name)!;
  const lower = [...state.pods[node]!.values()].filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0) return { refusals: [{ reason: NO_VICTIMS, preemptible: false }] };
  const refusal = () => {
    const preparation = prepare(pod, state, plugins);
    const found = refusalOn(pod, state, preparation, node);
    return found && { refusals: found.prepared.explain?.(node) ?? [] };
  };
  for (const { uid } of lower) state.removePod(uid);
  const refused = refusal();
  if (refused) {
    for (const info of lower) state.setPod(info, name);
    return refused;
  }
  lower.sort(byImportance);
  const beyondBudget = state.budgets.violations(lower);
  const victims: PodInfo[] = [];
  let violations = 0;
  for (const info of [...lower.filter((each) => beyondBudget.has(each)), ...lower.filter((each) => !beyondBudget.has(each))]) {
    state.setPod(info, name);
    if (refusal() === undefined) continue;
    state.removePod(info.uid);
    victims.push(info);
    if (beyondBudget.has(info)) violations++;
  }
  for (const info of victims) state.setPod(info, name);
  return { victims: victims.sort(byImportance), violations };
}

/** Higher priority first, then what has run longer. */
function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return a.startedMs < b.startedMs ? -1 : a.startedMs > b.startedMs ? 1 : 0;
}

/** Lower is better; the first that differs decides. */
const MEASURES: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  ({ victims }) => victims[0]?.priority ?? Number.NEGATIVE_INFINITY,
  // Shifted to be positive, so that few Pods of negative priority are not dearer than many.
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
  ({ victims }) => victims.length,
  // The victim of the highest priority that started first should have started last.
  ({ victims }) => -(victims[0]?.startedMs ?? 0),
];

function pickOne(candidates: readonly Candidate[]): Candidate | undefined {
  let best = candidates;
  for (const measure of MEASURES) {
    if (best.length < 2) break;
    const values = best.map(measure);
    const lowest = values.reduce((a, b) => Math.min(a, b));
    best = best.filter((_, index) => values[index] === lowest);
  }
  return best[0];
}

/** Replays what upstream's kube-scheduler decided for small clusters (facts/scheduler). */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { seededEntropy } from "../../base/entropy.ts";
import { type DecisionRecord, pendingPod, stateOf } from "../testing/decision-records.ts";
import { prepare } from "./judge.ts";
import { AFTER_REJECTION } from "./message.ts";
import { plugins } from "./plugins/index.ts";
import { preempt } from "./preemption.ts";
import { schedule, totalScores } from "./schedule.ts";

/** A new area is noticed. */
const AREAS = [
  "gates",
  "host-ports",
  "image-locality",
  "mixed",
  "node-affinity",
  "node-selector",
  "pod-affinity",
  "preemption",
  "resources",
  "spread-default",
  "taints",
  "topology-spread",
  "unschedulable",
  "volumes",
];

const folder = new URL("../../../facts/scheduler/", import.meta.url);
const recordsOf = (area: string): DecisionRecord[] =>
  JSON.parse(readFileSync(new URL(`${area}.json`, folder), "utf8")) as DecisionRecord[];

/** What we decide, in the form of a record's result. */
function decide(record: DecisionRecord): DecisionRecord["result"] {
  if (record.pod.spec.schedulingGates) return { reason: "SchedulingGated" };
  const state = stateOf(record);
  const pod = pendingPod(record, state);
  const entropy = seededEntropy(1);
  const { decision } = schedule(pod, state, { plugins, entropy, startNode: 0 });
  if (decision.node === undefined) {
    const result: DecisionRecord["result"] = { reason: "Unschedulable" };
    if (decision.rejection) return { ...result, preFilter: decision.rejection.message, postFilter: AFTER_REJECTION };
    result.reasons = counted(decision.refused.flatMap(({ refusals }) => refusals.map(({ reason }) => reason)));
    const outcome = preempt(pod, state, { plugins, entropy, refused: decision.refused });
    if (outcome.kind === "nominated")
      return { ...result, nominatedNodeName: outcome.node, victims: outcome.victims.map(({ key }) => key).sort() };
    if (outcome.kind === "ineligible") {
      const kept = record.pod.status?.nominatedNodeName;
      return { ...result, preemption: outcome.why, ...(kept ? { nominatedNodeName: kept } : {}) };
    }
    return { ...result, preemption: counted(outcome.reasons) };
  }
  const feasible = decision.feasible.map((node) => state.nodes[node]?.name ?? "");
  const order = feasible.map((_, index) => index).sort((a, b) => ((feasible[a] ?? "") < (feasible[b] ?? "") ? -1 : 1));
  const inOrder = <T>(values: ArrayLike<T>): T[] => order.map((index) => values[index] as T);
  const result: DecisionRecord["result"] = { node: decision.node, feasible: inOrder(feasible) };
  if (feasible.length > 1) {
    const scores: Record<string, number[]> = {};
    const { participants } = prepare(pod, state, plugins);
    const totals = totalScores(decision.feasible, participants, ({ name }, weighted) => {
      if (weighted.some((score) => score !== 0)) scores[name] = inOrder(weighted);
    });
    Object.assign(result, { scores, total: inOrder(totals) });
  }
  const { bind, provision } = decision.volumes ?? { bind: new Map<string, string>(), provision: [] };
  const nameOf = (key: string): string => key.replace("default/", "");
  if (bind.size > 0) result.bind = Object.fromEntries([...bind].map(([claim, volume]) => [nameOf(claim), volume]));
  if (provision.length > 0) result.provision = provision.map(nameOf);
  return result;
}

function counted(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

/** Among equals upstream picks by chance: any of the best nodes is as good as the recorded one. */
function withTies({ result }: DecisionRecord, ours: DecisionRecord["result"]): DecisionRecord["result"] {
  const highest = Math.max(...(result.total ?? []));
  const best = result.feasible?.filter((_, index) => result.total?.[index] === highest) ?? [];
  return best.includes(ours.node ?? "") && ours.node !== result.node ? { ...ours, node: result.node ?? "" } : ours;
}

describe("recorded decisions of upstream's scheduler", () => {
  test("every recorded area is replayed", () => {
    const areas = readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.replace(".json", ""));
    expect(areas.sort()).toEqual(AREAS);
  });

  describe.each(AREAS)("%s", (area) => {
    test.each(recordsOf(area).map((record) => [record.id, record] as const))("%s", (_id, record) => {
      expect(withTies(record, decide(record))).toEqual(record.result);
    });
  });
});

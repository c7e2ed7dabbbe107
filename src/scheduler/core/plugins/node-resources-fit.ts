/**
 * Places Pods where what they ask for is free, and prefers nodes with the larger free share of cpu and memory (LeastAllocated).
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
import { MAX_SCORE, type Plugin, type Refusal } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";
import { CPU, MEMORY } from "../resource-names.ts";
import type { Snapshot } from "../snapshot.ts";

/** Upstream computes in whole numbers. */
const freeShare = (requested: number, allocatable: number): number =>
  requested > allocatable ? 0 : Math.floor(((allocatable - requested) * MAX_SCORE) / allocatable);

function refusalsOn(pod: PodInfo, snapshot: Snapshot, node: number): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (snapshot.podCount[node]! + 1 > snapshot.podLimit[node]!) refusals.push({ reason: "Too many pods", preemptible: true });
  for (const [column, amount] of pod.requests) {
    const allocatable = snapshot.allocatable(column)[node]!;
    if (amount <= allocatable - snapshot.requested(column)[node]!) continue;
    // More than the whole node has: nothing that is taken off it would help.
    refusals.push({ reason: `Insufficient ${snapshot.resources.names[column]}`, preemptible: amount <= allocatable });
  }
  return refusals;
}

export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  weight: 1,
  wokenBy: ["Node:added", "Node:allocatable", "Pod:removed"],
  normalize: "none",

  prepare(pod, snapshot) {
    const { podCount, podLimit, scoredMilliCpu, scoredMemoryBytes } = snapshot;
    const wanted = pod.requests.map(([column, amount]) => ({
      amount,
      allocatable: snapshot.allocatable(column),
      requested: snapshot.requested(column),
    }));
    const cpu = snapshot.allocatable(CPU);
    const memory = snapshot.allocatable(MEMORY);
    return {
      refuses(node) {
        if (podCount[node]! + 1 > podLimit[node]!) return true;
        for (const { amount, allocatable, requested } of wanted) if (amount > allocatable[node]! - requested[node]!) return true;
        return false;
      },
      explain: (node) => refusalsOn(pod, snapshot, node),
      score(node) {
        let sum = 0;
        let counted = 0;
        if (cpu[node]! > 0) {
          sum += freeShare(scoredMilliCpu[node]! + pod.incoming.milliCpu, cpu[node]!);
          counted++;
        }
        if (memory[node]! > 0) {
          sum += freeShare(scoredMemoryBytes[node]! + pod.incoming.memoryBytes, memory[node]!);
          counted++;
        }
        return counted === 0 ? 0 : Math.floor(sum / counted);
      },
    };
  },
};

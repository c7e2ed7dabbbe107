/**
 * Prefers nodes on which cpu and memory come to be used to more similar shares.
 *
 * What counts is what the Pod changes: a node scores 75 where it leaves the balance as it is, less where it tips it, more where it
 * mends it.
 */
import { MAX_SCORE, type Plugin, SKIP } from "../framework.ts";
import { CPU, MEMORY } from "../resource-names.ts";

const UNCHANGED_SCORE = 75;

const share = (requested: number, allocatable: number): number => Math.min(requested / allocatable, 1);

export const balancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  wokenBy: [],
  normalize: "none",

  prepare(pod, snapshot) {
    // A Pod that asks for nothing leaves the balance as it is everywhere.
    if (pod.requests.length === 0) return SKIP;
    const ofPod = new Map(pod.requests);
    const [podCpu, podMemory] = [ofPod.get(CPU) ?? 0, ofPod.get(MEMORY) ?? 0];
    const [cpu, memory] = [snapshot.allocatable(CPU), snapshot.allocatable(MEMORY)];
    const [usedCpu, usedMemory] = [snapshot.requested(CPU), snapshot.requested(MEMORY)];
    /** Of two shares the standard deviation is half their distance. */
    const balance = (node: number, addedCpu: number, addedMemory: number): number => {
      if (!(cpu[node]! > 0 && memory[node]! > 0)) return MAX_SCORE;
      const distance = Math.abs(
        share(usedCpu[node]! + addedCpu, cpu[node]!) - share(usedMemory[node]! + addedMemory, memory[node]!),
      );
      return Math.floor((1 - distance / 2) * MAX_SCORE);
    };
    return {
      score: (node) => Math.floor(UNCHANGED_SCORE + (balance(node, podCpu, podMemory) - balance(node, 0, 0)) / 2),
    };
  },
};

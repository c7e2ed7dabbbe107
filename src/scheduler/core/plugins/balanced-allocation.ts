/** Prefers nodes on which cpu and memory would be used to a similar share. */
import { MAX_SCORE, type Plugin, SKIP } from "../framework.ts";
import { CPU, MEMORY } from "../resource-names.ts";

const share = (requested: number, allocatable: number): number => Math.min(requested / allocatable, 1);

export const balancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  weight: 1,
  wokenBy: [],
  normalize: "none",

  prepare(pod, snapshot) {
    // A Pod that asks for nothing leaves the balance as it is.
    if (pod.requests.length === 0) return SKIP;
    const ofPod = new Map(pod.requests);
    const [cpu, memory] = [snapshot.allocatable(CPU), snapshot.allocatable(MEMORY)];
    const [usedCpu, usedMemory] = [snapshot.requested(CPU), snapshot.requested(MEMORY)];
    const [podCpu, podMemory] = [ofPod.get(CPU) ?? 0, ofPod.get(MEMORY) ?? 0];
    return {
      score(node) {
        if (!(cpu[node]! > 0 && memory[node]! > 0)) return MAX_SCORE;
        // With two resources the standard deviation is half their distance.
        const distance = Math.abs(
          share(usedCpu[node]! + podCpu, cpu[node]!) - share(usedMemory[node]! + podMemory, memory[node]!),
        );
        return Math.floor((1 - distance / 2) * MAX_SCORE);
      },
    };
  },
};

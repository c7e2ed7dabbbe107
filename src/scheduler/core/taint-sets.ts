/**
 * Interns the taints of nodes: nodes with equal taints share one index, so a Pod is judged once for each distinct set.
 * A set that no node has any more gives its index back.
 */
import type { Taint } from "../../api/core/taint.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export type TaintSet = readonly DeepReadonly<Taint>[];

export class TaintSets {
  readonly sets: TaintSet[] = [];
  readonly #uses: number[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #free: number[] = [];

  /** Counts one more user; returns the index of the set. */
  take(taints: TaintSet): number {
    const key = JSON.stringify(taints);
    const known = this.#indexes.get(key);
    if (known !== undefined) {
      this.#uses[known]!++;
      return known;
    }
    const index = this.#free.pop() ?? this.sets.length;
    this.sets[index] = taints;
    this.#uses[index] = 1;
    this.#indexes.set(key, index);
    return index;
  }

  release(index: number): void {
    if (--this.#uses[index]! > 0) return;
    this.#indexes.delete(JSON.stringify(this.sets[index]));
    this.sets[index] = [];
    this.#free.push(index);
  }
}

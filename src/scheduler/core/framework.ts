/**
 * The contract of a scheduler plugin: filter and score in one, prepared once a Pod and cheap per node.
 *
 * Pure: a plugin reads the Pod and the snapshot and nothing else. What it says in words stands apart from its hot path and is
 * asked for only when a Pod found no node, or by `timonier why`.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 */
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/** The plugin has nothing to say about this Pod. */
export const SKIP = Symbol("skip");

/** Changes after which a refusal may end. The queue wakes a Pod for nothing else. */
export type WakeHint =
  | "Node:added"
  | "Node:labels"
  | "Node:taints"
  | "Node:allocatable"
  | "Node:unschedulable"
  /** A Pod left a node, or asks for less. */
  | "Pod:removed"
  /** A Pod was bound to a node, or changed its labels there. */
  | "Pod:bound"
  | "Pod:tolerations"
  | "Pod:gates"
  | "Volume:changed";

/** What a plugin made of one Pod. Both functions are called with node indexes of the same scheduling step. */
export interface Prepared {
  refuses?(node: number): boolean;
  /** Any number; the plugin's `normalize` turns the numbers of all nodes into 0..100. */
  score?(node: number): number;
}

export interface Refusal {
  /** Upstream's words, without a number: "Insufficient cpu". */
  reason: string;
  /** False where taking Pods off the node could not help. */
  preemptible: boolean;
}

/**
 * How scores of all nodes become 0..100: as they are, scaled so that the highest is 100, the same turned round (fewest is best),
 * or by a function of their own.
 */
export type Normalize = "none" | "highest" | "reversed" | ((scores: Float64Array, count: number) => void);

export interface Plugin {
  /** Upstream's name. */
  readonly name: string;
  /** How much its score counts; 0 for a pure filter. */
  readonly weight: number;
  readonly wokenBy: readonly WakeHint[];
  readonly normalize: Normalize;
  prepare(pod: PodInfo, snapshot: Snapshot): Prepared | typeof SKIP;
  /** Why it refuses that node: at least one refusal for every node that `refuses` refused. */
  explain?(pod: PodInfo, snapshot: Snapshot, node: number): readonly Refusal[];
}

export const MAX_SCORE = 100;

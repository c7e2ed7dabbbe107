/**
 * The contract of a scheduler plugin: filter and score in one, prepared once a Pod and cheap per node.
 *
 * Pure: a plugin reads the Pod and the snapshot and nothing else. What it says in words is asked for only when a Pod found no node,
 * or by `timonier why`.
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
  /** A Pod on a node is being deleted: it counts no more for spreading. */
  | "Pod:terminating"
  | "Pod:tolerations"
  | "Pod:gates"
  | "Namespace:changed"
  | "Claim:changed"
  | "Volume:changed"
  | "StorageClass:changed"
  /** What a driver can attach or make, and where. */
  | "StorageDriver:changed";

/** What a plugin made of one Pod. Functions are called with node indexes of the same scheduling step. */
export interface Prepared {
  /** The Pod has no chance anywhere; in upstream's words. */
  readonly rejection?: string;
  /** No other nodes come into question. */
  readonly onlyNodes?: ReadonlySet<string>;
  refuses?(node: number): boolean;
  /** Why it refuses that node: at least one refusal where `refuses` refused. */
  explain?(node: number): readonly Refusal[];
  /** Any number; the plugin's `normalize` turns the numbers of all nodes into 0..100. */
  score?(node: number): number;
  /** Instead of `score`, where scores depend on each other: writes 0..100 for each of the feasible nodes. */
  scoreAll?(feasible: readonly number[], scores: Float64Array): void;
  /** What else is to be written before the Pod is bound to that node. */
  bindings?(node: number): VolumeBindings;
}

/** Volumes that are given to claims, and claims for which a volume is to be made, near the node. Claims by key, volumes by name. */
export interface VolumeBindings {
  readonly bind: ReadonlyMap<string, string>;
  readonly provision: readonly string[];
}

export interface Refusal {
  /** Upstream's words, without a number: "Insufficient cpu". */
  reason: string;
  /** False where taking Pods off the node could not help. */
  preemptible: boolean;
}

/** How scores of all nodes become 0..100: as they are, scaled so that the highest is 100, or the same turned round (fewest is best). */
export type Normalize = "none" | "highest" | "reversed";

export interface Plugin {
  /** Upstream's name. */
  readonly name: string;
  /** How much its score counts; 0 for a pure filter. */
  readonly weight: number;
  readonly wokenBy: readonly WakeHint[];
  readonly normalize: Normalize;
  prepare(pod: PodInfo, snapshot: Snapshot): Prepared | typeof SKIP;
}

export const MAX_SCORE = 100;

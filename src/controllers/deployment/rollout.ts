/**
 * How many Pods each ReplicaSet of a Deployment should have next. Pure: data in, sizes out.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
import type { Deployment } from "../../api/apps/deployment.ts";
import type { ReplicaSet } from "../../api/apps/replica-set.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { scaledValue, sum } from "../int-or-percent.ts";
import { DESIRED_REPLICAS, MAX_REPLICAS } from "./revision.ts";

type ReadonlyDeployment = DeepReadonly<Deployment>;
type ReadonlyReplicaSet = DeepReadonly<ReplicaSet>;

/** A ReplicaSet and the size it is to get. */
export interface Scaling {
  replicaSet: ReadonlyReplicaSet;
  replicas: number;
}

export const replicasOf = ({ spec }: ReadonlyDeployment | ReadonlyReplicaSet): number => spec.replicas ?? 1;
const availableOf = ({ status }: ReadonlyReplicaSet): number => status.availableReplicas ?? 0;
export const totalReplicas = (sets: readonly ReadonlyReplicaSet[]): number => sum(sets.map(replicasOf));
const isRolling = ({ spec }: ReadonlyDeployment): boolean => (spec.strategy.type ?? "RollingUpdate") === "RollingUpdate";

const createdMs = ({ metadata }: ReadonlyReplicaSet): number => Date.parse(metadata.creationTimestamp);
const byName = (a: ReadonlyReplicaSet, b: ReadonlyReplicaSet): number => (a.metadata.name < b.metadata.name ? -1 : 1);
export const olderFirst = (a: ReadonlyReplicaSet, b: ReadonlyReplicaSet): number => createdMs(a) - createdMs(b) || byName(a, b);
const newerFirst = (a: ReadonlyReplicaSet, b: ReadonlyReplicaSet): number => createdMs(b) - createdMs(a) || byName(a, b);

/** Surge rounds up, unavailable rounds down; both zero would never move, so one Pod may then be away. */
function fenceposts({ spec: { strategy, replicas } }: ReadonlyDeployment): { surge: number; unavailable: number } {
  const total = replicas ?? 1;
  const surge = scaledValue(strategy.rollingUpdate?.maxSurge, total, "up");
  const unavailable = scaledValue(strategy.rollingUpdate?.maxUnavailable, total, "down");
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** Pods beyond `spec.replicas` that a rolling update may run. */
export const maxSurge = (deployment: ReadonlyDeployment): number => (isRolling(deployment) ? fenceposts(deployment).surge : 0);

/** Pods fewer than `spec.replicas` that may be available. */
export function maxUnavailable(deployment: ReadonlyDeployment): number {
  const replicas = replicasOf(deployment);
  return isRolling(deployment) && replicas > 0 ? Math.min(fenceposts(deployment).unavailable, replicas) : 0;
}

/** The size of the new ReplicaSet: as large as the surge allows. */
export function newReplicaSetSize(deployment: ReadonlyDeployment, all: readonly ReadonlyReplicaSet[], current: number): number {
  const replicas = replicasOf(deployment);
  if (!isRolling(deployment)) return replicas;
  if (current > replicas) return replicas;
  const room = replicas + maxSurge(deployment) - totalReplicas(all);
  return room <= 0 ? current : current + Math.min(room, replicas - current);
}

/**
 * Which old ReplicaSets shrink: first by Pods that are not available anyhow, as many as may be missing; then by available ones, as many as
 * are available beyond the least.
 */
export function shrinkOld(
  deployment: ReadonlyDeployment,
  newSet: ReadonlyReplicaSet | undefined,
  old: readonly ReadonlyReplicaSet[],
): Scaling[] {
  const all = newSet === undefined ? old : [...old, newSet];
  const leastAvailable = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = newSet === undefined ? 0 : replicasOf(newSet) - availableOf(newSet);
  const mayGo = totalReplicas(all) - leastAvailable - newUnavailable;
  if (totalReplicas(old) === 0 || mayGo <= 0) return [];

  const sizes = new Map(old.toSorted(olderFirst).map((set) => [set, replicasOf(set)]));
  let unhealthy = mayGo;
  for (const [set, size] of sizes) {
    const gone = Math.max(0, Math.min(unhealthy, size - availableOf(set)));
    sizes.set(set, size - gone);
    unhealthy -= gone;
  }
  let surplus = Math.max(0, sum(all.map(availableOf)) - leastAvailable);
  for (const [set, size] of sizes) {
    const gone = Math.min(surplus, size);
    sizes.set(set, size - gone);
    surplus -= gone;
  }
  return changes(sizes);
}

const changes = (sizes: ReadonlyMap<ReadonlyReplicaSet, number>): Scaling[] =>
  [...sizes]
    .filter(([set, replicas]) => replicas !== replicasOf(set))
    .map(([replicaSet, replicas]) => ({ replicaSet, replicas }));

/** Whether `spec.replicas` changed since the active ReplicaSets were last sized. */
export const isScaled = (deployment: ReadonlyDeployment, sets: readonly ReadonlyReplicaSet[]): boolean =>
  sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED_REPLICAS];
    return replicasOf(set) > 0 && desired !== undefined && Number(desired) !== replicasOf(deployment);
  });

/** Sizes after `spec.replicas` changed, or while the rollout is paused: in the middle of a rollout each ReplicaSet gets its share. */
export function scaleProportionally(
  deployment: ReadonlyDeployment,
  newSet: ReadonlyReplicaSet | undefined,
  old: readonly ReadonlyReplicaSet[],
): Scaling[] {
  const replicas = replicasOf(deployment);
  const only = activeOrLatest(newSet, old);
  if (only !== undefined) return replicasOf(only) === replicas ? [] : [{ replicaSet: only, replicas }];
  const activeOld = old.filter((set) => replicasOf(set) > 0);
  if (newSet !== undefined && isSaturated(deployment, newSet))
    return activeOld.map((replicaSet) => ({ replicaSet, replicas: 0 }));
  if (!isRolling(deployment)) return [];
  const active = newSet !== undefined && replicasOf(newSet) > 0 ? [...activeOld, newSet] : activeOld;
  return proportions(deployment, active);
}

/** The one ReplicaSet that counts, where it is one: the only active one, or the newest where none is. */
function activeOrLatest(
  newSet: ReadonlyReplicaSet | undefined,
  old: readonly ReadonlyReplicaSet[],
): ReadonlyReplicaSet | undefined {
  const active = [...old, ...(newSet === undefined ? [] : [newSet])].filter((set) => replicasOf(set) > 0);
  if (active.length === 0) return newSet ?? old.toSorted(newerFirst)[0];
  return active.length === 1 ? active[0] : undefined;
}

function isSaturated(deployment: ReadonlyDeployment, newSet: ReadonlyReplicaSet): boolean {
  const replicas = replicasOf(deployment);
  const desired = Number(newSet.metadata.annotations?.[DESIRED_REPLICAS]);
  return replicasOf(newSet) === replicas && desired === replicas && availableOf(newSet) === replicas;
}

/** What is to be added or taken away is shared by size; the largest gets what rounding left over. */
function proportions(deployment: ReadonlyDeployment, active: readonly ReadonlyReplicaSet[]): Scaling[] {
  const replicas = replicasOf(deployment);
  const allowed = replicas > 0 ? replicas + maxSurge(deployment) : 0;
  const toAdd = allowed - totalReplicas(active);
  const tie = toAdd > 0 ? newerFirst : olderFirst;
  const sorted = active.toSorted((a, b) => replicasOf(b) - replicasOf(a) || tie(a, b));
  let added = 0;
  const sizes = sorted.map((replicaSet) => {
    const fraction = toAdd === 0 || toAdd === added ? 0 : fractionOf(deployment, replicaSet);
    const share = toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added);
    added += share;
    return { replicaSet, replicas: replicasOf(replicaSet) + share };
  });
  const [largest] = sizes;
  if (largest !== undefined) largest.replicas = Math.max(0, largest.replicas + toAdd - added);
  return sizes;
}

/** By how much a ReplicaSet grows or shrinks when the whole does, to the nearest whole Pod. */
function fractionOf(deployment: ReadonlyDeployment, set: ReadonlyReplicaSet): number {
  const size = replicasOf(set);
  if (replicasOf(deployment) === 0) return -size;
  const before = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? 0) || (deployment.status.replicas ?? 0);
  if (before === 0 || size === 0) return 0;
  return Math.round((size * (replicasOf(deployment) + maxSurge(deployment))) / before) - size;
}

/**
 * What a delete makes of an object: its grace period, and the finalizers that the propagation policy asks for. Pure.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
 */

import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { DeleteOptions } from "../verbs/delete-options.ts";
import { timestamp } from "./object-changes.ts";

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

/** Kinds that leave their dependents behind where nothing else was asked for, as in their first versions. */
export const orphansByDefault = ({ group, resource }: AnyResource): boolean =>
  (group === "" && resource === "replicationcontrollers") || (group === "batch" && resource === "jobs");

type Policy = Pick<DeleteOptions, "propagationPolicy" | "orphanDependents">;

function wantsOrphans(row: AnyResource, finalizers: readonly string[], options: Policy): boolean {
  if (options.orphanDependents !== undefined) return options.orphanDependents;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === "Orphan";
  return finalizers.includes(ORPHAN) || (orphansByDefault(row) && !finalizers.includes(FOREGROUND));
}

function wantsForeground(finalizers: readonly string[], options: Policy): boolean {
  if (options.orphanDependents !== undefined) return false;
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === "Foreground";
  return finalizers.includes(FOREGROUND);
}

/** The finalizers with which the garbage collector is told what to do with dependents. */
function finalizersFor(row: AnyResource, finalizers: readonly string[], options: Policy): string[] {
  const kept = finalizers.filter((each) => each !== ORPHAN && each !== FOREGROUND);
  if (wantsOrphans(row, finalizers, options)) kept.push(ORPHAN);
  if (wantsForeground(finalizers, options)) kept.push(FOREGROUND);
  return kept;
}

interface Moment {
  deletionTimestamp: string;
  deletionGracePeriodSeconds: number;
}

/** When it ends. A period that is running can be shortened, never prolonged. */
function momentOf(row: AnyResource, object: DeepReadonly<KubernetesObject>, asked: number | undefined, nowMs: number): Moment {
  const { deletionTimestamp: running, deletionGracePeriodSeconds: runningSeconds } = object.metadata;
  const grace = row.strategy.gracePeriodSeconds?.(object, asked) ?? 0;
  if (running == null) return { deletionTimestamp: timestamp(nowMs + grace * 1000), deletionGracePeriodSeconds: grace };
  const before = runningSeconds ?? 0;
  if (row.strategy.gracePeriodSeconds === undefined || asked === undefined || grace >= before)
    return { deletionTimestamp: running, deletionGracePeriodSeconds: before };
  const ends = Date.parse(running) - before * 1000 + grace * 1000;
  return { deletionTimestamp: timestamp(ends), deletionGracePeriodSeconds: grace };
}

function markNamespace(object: KubernetesObject): void {
  const namespace = object as KubernetesObject & { status?: { phase?: string } };
  namespace.status = { ...namespace.status, phase: "Terminating" };
}

/** `object` is a copy, marked as the deletion asks; `changed`: it differs from what is stored. */
export function markDeleted(
  row: AnyResource,
  old: DeepReadonly<KubernetesObject>,
  options: Pick<DeleteOptions, "gracePeriodSeconds" | "propagationPolicy" | "orphanDependents">,
  nowMs: number,
): { object: KubernetesObject; changed: boolean } {
  const object = cloneJson(old) as KubernetesObject;
  const { metadata } = object;
  const before = old.metadata.finalizers ?? [];
  const finalizers = finalizersFor(row, before, options);
  const { deletionTimestamp, deletionGracePeriodSeconds } = momentOf(row, old, options.gracePeriodSeconds, nowMs);
  // A Namespace ends when its content has: it has no period.
  const hasPeriod = row.kind !== "Namespace";
  const changed =
    old.metadata.deletionTimestamp == null ||
    (hasPeriod && old.metadata.deletionGracePeriodSeconds !== deletionGracePeriodSeconds) ||
    finalizers.length !== before.length ||
    finalizers.some((each, index) => each !== before[index]);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  metadata.deletionTimestamp = deletionTimestamp;
  if (hasPeriod) metadata.deletionGracePeriodSeconds = deletionGracePeriodSeconds;
  if (old.metadata.deletionTimestamp == null) {
    if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
    if (row.kind === "Namespace") markNamespace(object);
  }
  return { object, changed };
}

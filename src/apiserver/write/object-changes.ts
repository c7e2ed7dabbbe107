/** What the server itself keeps of an object over a write: identity, times, generation. */
import type { KubernetesObject, ObjectMeta } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { formatTime } from "../../api/time.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

let lastSecond = -1;
let lastText = "";

/** A time as objects have it: whole seconds. Many writes fall into one second. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastText = formatTime(ms);
    lastSecond = second;
  }
  return lastText;
}

/** True where anything outside of metadata and status differs. */
function specChanged(object: KubernetesObject, old: DeepReadonly<KubernetesObject>): boolean {
  const { metadata: _m, kind: _k, apiVersion: _v, status: _s, ...content } = object as KubernetesObject & { status?: unknown };
  const {
    metadata: _om,
    kind: _ok,
    apiVersion: _ov,
    status: _os,
    ...before
  } = old as DeepReadonly<KubernetesObject & { status?: unknown }>;
  return !deepEqual(content, before);
}

/** What `generation` counts of a write to the object itself, or to its subresource. */
function isNewGeneration(
  { strategy }: AnyResource,
  object: KubernetesObject,
  old: DeepReadonly<KubernetesObject>,
  subresource: string | undefined,
): boolean {
  if (specChanged(object, old)) return true;
  if (strategy.countsAnnotations !== true || subresource !== undefined) return false;
  return !deepEqual(object.metadata.annotations ?? {}, old.metadata.annotations ?? {});
}

/** Fields that a client cannot set on create. */
export function setSystemFields(object: KubernetesObject, uid: string, nowMs: number): void {
  const metadata = object.metadata as ObjectMeta & { clusterName?: string };
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
  delete metadata.generation;
  metadata.uid = uid;
  metadata.creationTimestamp = timestamp(nowMs);
}

/** What an update takes over from the stored object, whatever was sent. */
export function keepSystemFields(object: KubernetesObject, old: DeepReadonly<KubernetesObject>): void {
  const { metadata } = object;
  const before = old.metadata;
  metadata.uid = before.uid;
  if (before.creationTimestamp !== undefined) metadata.creationTimestamp = before.creationTimestamp;
  delete metadata.selfLink;
  if (before.generateName !== undefined) metadata.generateName ??= before.generateName;
  if (before.deletionTimestamp != null) {
    metadata.deletionTimestamp ??= before.deletionTimestamp;
    if (before.deletionGracePeriodSeconds != null) metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds;
  }
  if (metadata.deletionTimestamp == null) delete metadata.deletionTimestamp;
}

function setOrDrop({ metadata }: KubernetesObject, generation: number): void {
  if (generation > 0) metadata.generation = generation;
  else delete metadata.generation;
}

export function setGeneration(
  row: AnyResource,
  object: KubernetesObject,
  old: DeepReadonly<KubernetesObject> | undefined,
  subresource?: string,
): void {
  if (row.strategy.hasGeneration !== true && row.typed) {
    if (old?.metadata.generation === undefined) delete object.metadata.generation;
    else object.metadata.generation = old.metadata.generation;
    return;
  }
  if (old === undefined) setOrDrop(object, row.strategy.firstGeneration ?? 1);
  else if (row.kind === "PriorityClass") object.metadata.generation = old.metadata.generation ?? 1;
  else setOrDrop(object, (old.metadata.generation ?? 0) + (isNewGeneration(row, object, old, subresource) ? 1 : 0));
}

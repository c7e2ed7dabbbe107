/**
 * What a write to a subresource takes over from what was sent; the rest stays as it is stored. A row's strategy may say more.
 */

import { normaliseType } from "../../api/decode/index.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { cloneJson } from "../../base/clone.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

type Open = KubernetesObject & Record<string, unknown>;

/** Kinds of which a status write does not touch the metadata. */
const KEEP_METADATA: ReadonlySet<string> = new Set([
  "APIService",
  "CustomResourceDefinition",
  "FlowSchema",
  "PriorityLevelConfiguration",
  "ResourceClaim",
  "ServiceCIDR",
  "ValidatingAdmissionPolicy",
]);

/** Where a status write does not touch the metadata (of a Deployment, the labels), nobody comes to own it either. Changes `object`. */
export function keepMetadata(row: AnyResource, object: KubernetesObject, old: DeepReadonly<KubernetesObject>): void {
  if (row.kind === "Deployment") object.metadata.labels = cloneJson(old.metadata.labels) as never;
  if (!KEEP_METADATA.has(row.kind)) return;
  for (const field of ["labels", "annotations", "ownerReferences", "finalizers"] as const)
    object.metadata[field] = cloneJson(old.metadata[field] as unknown) as never;
}

/** Everything but status and metadata stays; of a custom resource's metadata, only managedFields changes. */
function takeStatus(row: AnyResource, object: KubernetesObject, old: DeepReadonly<KubernetesObject>): void {
  const target = object as Open;
  const { metadata: _metadata, status: _status, ...kept } = old as DeepReadonly<Open>;
  for (const key of Object.keys(target)) if (key !== "metadata" && key !== "status" && !(key in kept)) delete target[key];
  Object.assign(target, cloneJson(kept));
  const { metadata } = old;
  if (!row.typed) {
    const { managedFields } = object.metadata;
    object.metadata = { ...(cloneJson(metadata) as KubernetesObject["metadata"]), ...(managedFields && { managedFields }) };
    return;
  }
  keepMetadata(row, object, old);
}

const hasStatus = (row: AnyResource): boolean => row.subresources.some(({ name }) => name === "status");

/** Only the status subresource changes a status. Changes `object`. */
export function keepStatus(row: AnyResource, object: KubernetesObject, old: DeepReadonly<KubernetesObject>): void {
  if (!hasStatus(row)) return;
  const { status } = old as DeepReadonly<Open>;
  if (status === undefined) delete (object as Open).status;
  else (object as Open).status = cloneJson(status);
}

/** What a status is before anybody has written one, by row. */
const zeroStatus = new WeakMap<AnyResource, { status: unknown }>();

function zeroOf(row: AnyResource): unknown {
  const known = zeroStatus.get(row);
  if (known) return known.status;
  const { status } = row.typed ? normaliseType(row, { metadata: {} }) : {};
  zeroStatus.set(row, { status });
  return status;
}

/** A new object has no status, whatever was sent. A node brings its own. Changes `object`. */
export function dropStatus(row: AnyResource, object: KubernetesObject): void {
  if (!hasStatus(row) || row.kind === "Node") return;
  const status = zeroOf(row);
  if (status === undefined) delete (object as Open).status;
  else (object as Open).status = cloneJson(status);
}

/** Changes `object`. */
export function takeSubresource(
  row: AnyResource,
  subresource: string,
  object: KubernetesObject,
  old: DeepReadonly<KubernetesObject>,
  nowMs: number,
): void {
  const own = row.strategy.prepareSubresource?.[subresource];
  if (own) own(object, old, nowMs);
  else if (subresource === "status" || subresource === "approval") takeStatus(row, object, old);
}

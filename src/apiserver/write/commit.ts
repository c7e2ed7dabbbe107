/**
 * Stores an object together with what must be atomic with it. The object's own operation is the first one, so that a refusal says
 * whether the object or its companion was in the way.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Operation, type Precondition, StoreError } from "../../store/store.ts";
import { fingerprintOf } from "../records/fingerprint.ts";
import { encodeRecord } from "../records/record.ts";
import type { Stored } from "../representation/representation.ts";
import type { ServerParts } from "../server-parts.ts";

export interface Put {
  row: AnyResource;
  key: string;
  object: DeepReadonly<KubernetesObject>;
  record: Uint8Array;
  if: Precondition;
  others: readonly Operation[];
}

/** Events are kept for an hour. */
const EVENT_TTL_SECONDS = 3600;

export const recordOf = (row: AnyResource, object: DeepReadonly<KubernetesObject>): Uint8Array =>
  encodeRecord(object, fingerprintOf(row));

/** Throws StoreError `conflict` with the index of the refused operation: 0 is the object itself. */
export async function commitPut({ store, caches }: ServerParts, put: Put): Promise<Stored> {
  caches.handover.offer(put.record, put.object);
  const isEvent = put.row.resource === "events";
  const own: Operation = {
    type: "put",
    key: put.key,
    value: put.record,
    if: put.if,
    ...(isEvent ? { ttlSeconds: EVENT_TTL_SECONDS } : {}),
  };
  const { revisions } = await store.commit([own, ...put.others]);
  return { record: put.record, revision: revisions[0] ?? 0 };
}

/** Gives the revision of the deletion. */
export async function commitDelete(
  { store }: ServerParts,
  { key, revision, others }: { key: string; revision: number; others: readonly Operation[] },
): Promise<number> {
  const { revisions } = await store.commit([{ type: "delete", key, if: { revision } }, ...others]);
  return revisions[0] ?? revision;
}

/** The index of the operation that was refused; undefined where `error` is no conflict. */
export const refusedOperation = (error: unknown): number | undefined =>
  error instanceof StoreError && error.reason === "conflict" ? (error.operation ?? 0) : undefined;

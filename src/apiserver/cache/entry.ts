/**
 * What the cache knows of an object without parsing it again: identity, labels, selectable fields, and its record. Entries are
 * never changed: a write makes a new one.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { currentRecord } from "../records/fingerprint.ts";
import { decodeMetadata, decodeRecord } from "../records/record.ts";

export interface CacheEntry {
  /** `namespace/name`, or `name`: the store's key without the row's prefix. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Selectable fields besides metadata.name and metadata.namespace. */
  readonly fields: Readonly<Record<string, string>>;
  readonly record: Uint8Array;
  /** True once metadata.deletionTimestamp is set. */
  readonly deleting: boolean;
}

const NOTHING: Readonly<Record<string, string>> = Object.freeze({});

/** `stored`: the record as it is in the store. `object`: what it holds, where the caller has it parsed. */
export function cacheEntry(
  row: AnyResource,
  key: string,
  stored: Uint8Array,
  revision: number,
  object?: DeepReadonly<KubernetesObject>,
): CacheEntry {
  const record = object ? stored : currentRecord(row, stored, revision);
  const { selectableFields } = row.strategy;
  const whole = object ?? (selectableFields ? decodeRecord(record, revision, row) : undefined);
  const metadata = whole?.metadata ?? decodeMetadata(record);
  return {
    key,
    namespace: row.namespaced ? key.slice(0, key.indexOf("/")) : "",
    name: row.namespaced ? key.slice(key.indexOf("/") + 1) : key,
    uid: metadata.uid ?? "",
    revision,
    labels: metadata.labels ?? NOTHING,
    fields: whole && selectableFields ? selectableFields(whole) : NOTHING,
    record,
    deleting: metadata.deletionTimestamp != null,
  };
}

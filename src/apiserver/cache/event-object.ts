/**
 * The object of an event, parsed at most once for all who are told of it, and not at all where its writer handed it over.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import { deepFreeze } from "../../base/freeze.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { decodeRecord } from "../records/record.ts";
import type { CacheEvent, Change } from "./fan-out.ts";

type Frozen = DeepReadonly<KubernetesObject>;

/** True where JSON would say the same: a member that is undefined is absent there. */
function isPlain(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  return Object.keys(value).every((key) => isPlain((value as Record<string, unknown>)[key]));
}

/** What the writer had, as a reader of the record would have it. */
function asRead({ kind, apiVersion }: AnyResource, written: Frozen, revision: number): Frozen {
  const { metadata, ...content } = written;
  return { ...content, kind, apiVersion, metadata: { ...metadata, resourceVersion: String(revision) } };
}

function objectOfEvent(row: AnyResource, event: CacheEvent, record: Uint8Array): Frozen {
  if (event.parsed !== undefined) return event.parsed;
  const { written, revision } = event;
  const object = written !== undefined && isPlain(written) ? asRead(row, written, revision) : decodeRecord(record, revision, row);
  const frozen: Frozen = deepFreeze(object);
  if (event.told !== true) event.parsed = frozen;
  return frozen;
}

/** What is shown of `change`, frozen: the object after it, or for DELETED the last one, at the revision of its end. */
export const objectOfChange = (row: AnyResource, { type, entry, revision, event }: Change): Frozen =>
  type === "DELETED"
    ? (deepFreeze(decodeRecord(entry.record, revision, row)) as Frozen)
    : objectOfEvent(row, event, entry.record);

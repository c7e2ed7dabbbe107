/**
 * Who owns which field: metadata.managedFields as an Update (create, PUT, PATCH) leaves it. Server-side apply stands beside it.
 *
 * One entry a (manager, operation, subresource, apiVersion). Who changes a field owns it, and nobody else does any more. A set that
 * took nothing keeps its time; an entry that owns nothing goes. Fields that only the server writes are never owned.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { normaliseType } from "../decode/index.ts";
import type { ManagedFieldsEntry } from "../generated/shared.ts";
import type { KubernetesObject } from "../meta.ts";
import type { AnyResource, Face } from "../row.ts";
import { formatTime } from "../time.ts";
import { compare, customShape, equalJson, shapeOf } from "./compare.ts";
import { byOperationAndTime, lastOfEach } from "./entries.ts";
import { difference, type FieldSet, inOrder, union } from "./field-set.ts";

export interface UpdateManagedFields {
  row: AnyResource;
  /** The face of the request: fields are owned under the names that they have there. The row's own by default. */
  face?: Face | undefined;
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

type Json = Readonly<Record<string, unknown>>;

/** Written by the server alone. */
const SERVER_METADATA: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "generation",
  "managedFields",
  "selfLink",
]);

/** Longer names are cut, as upstream cuts those it makes from a user agent. */
const MAX_MANAGER_LENGTH = 128;

/** The object without what nobody owns, and without what this request does not write. */
function ownable(object: Json, skipped: string | undefined): Json {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object as Json & { metadata?: Json };
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(metadata ?? {})) if (!SERVER_METADATA.has(key)) kept[key] = metadata?.[key];
  const result: Record<string, unknown> = { metadata: kept, ...rest };
  if (skipped !== undefined) delete result[skipped];
  return result;
}

/** A write to the resource leaves its status alone, one to the status everything else. */
function skippedOf(row: AnyResource, subresource: string): string | undefined {
  if (subresource === "status") return "spec";
  return row.subresources.some(({ name }) => name === "status") ? "status" : undefined;
}

const zeros = new WeakMap<AnyResource, Json>();

/** What Go has before anything is decoded into it: on create, everything is compared with this. */
function zeroOf(row: AnyResource): Json {
  let zero = zeros.get(row);
  if (zero === undefined) {
    zero = row.typed ? normaliseType(row, {}) : { metadata: {} };
    zeros.set(row, zero);
  }
  return zero;
}

const isReset = (entries: readonly ManagedFieldsEntry[] | undefined): boolean => {
  const [only] = entries ?? [];
  return entries?.length === 1 && only !== undefined && Object.keys(only).length === 0;
};

/** A client may replace the entries, or clear them with one empty entry; otherwise those of the stored object go on. */
function startingEntries({ previous, object, subresource }: UpdateManagedFields): readonly DeepReadonly<ManagedFieldsEntry>[] {
  const sent = object.metadata.managedFields;
  if (subresource === "" && isReset(sent)) return [];
  if (subresource === "" && sent !== undefined && sent.length > 0) return lastOfEach(sent);
  return lastOfEach(previous?.metadata.managedFields ?? []);
}

const isOwn = (entry: DeepReadonly<ManagedFieldsEntry>, update: UpdateManagedFields): boolean =>
  entry.manager === update.manager &&
  entry.operation === update.operation &&
  (entry.subresource ?? "") === update.subresource &&
  entry.apiVersion === update.apiVersion;

function entryOf(update: UpdateManagedFields, fields: FieldSet): ManagedFieldsEntry {
  return {
    manager: update.manager,
    operation: update.operation,
    apiVersion: update.apiVersion,
    time: formatTime(update.nowMs),
    fieldsType: "FieldsV1",
    fieldsV1: inOrder(fields),
    ...(update.subresource === "" ? {} : { subresource: update.subresource }),
  };
}

/** Records in `object` what this write changed. */
export function updateManagedFields(update: UpdateManagedFields): void {
  const { row, previous, object } = update;
  const entries = startingEntries(update);
  delete object.metadata.managedFields;
  // An object that nobody has tracked so far stays untracked.
  if (previous !== undefined && entries.length === 0) return;

  const skipped = skippedOf(row, update.subresource);
  const shown = update.face?.toFace ?? ((stored: DeepReadonly<KubernetesObject>) => stored);
  const before = ownable(shown(previous ?? (zeroOf(row) as unknown as KubernetesObject)) as unknown as Json, skipped);
  const after = ownable(shown(object) as unknown as Json, skipped);
  const schema = update.face?.schema ?? row.schema;
  const { changed, removed } = compare(before, after, row.typed ? shapeOf(schema) : customShape());
  const result = nextEntries(update, entries, changed, removed);
  if (result.length > 0) object.metadata.managedFields = result;
}

function nextEntries(
  update: UpdateManagedFields,
  entries: readonly DeepReadonly<ManagedFieldsEntry>[],
  changed: FieldSet | undefined,
  removed: FieldSet | undefined,
): ManagedFieldsEntry[] {
  const lost = union(changed, removed);
  const result: ManagedFieldsEntry[] = [];
  let own: FieldSet | undefined;
  for (const entry of entries) {
    const fields = difference(entry.fieldsV1 as FieldSet | undefined, lost);
    if (changed !== undefined && isOwn(entry, update)) own = fields;
    else if (fields !== undefined) result.push({ ...(entry as ManagedFieldsEntry), fieldsV1: fields });
  }
  const taken = union(own, changed);
  if (changed !== undefined && taken !== undefined) result.push(entryOf(update, taken));
  return result.sort(byOperationAndTime);
}

/** The default manager of a request: the user agent up to its first slash. */
export const managerOf = (fieldManager: string | undefined, userAgent: string | undefined): string =>
  (fieldManager || (userAgent ?? "").split("/")[0] || "unknown").slice(0, MAX_MANAGER_LENGTH);

/** Whether two lists of entries say the same, times aside: then a write that changes nothing else is none. */
export function sameOwnership(
  a: DeepReadonly<ManagedFieldsEntry[]> | undefined,
  b: DeepReadonly<ManagedFieldsEntry[]> | undefined,
): boolean {
  const timeless = (entries: DeepReadonly<ManagedFieldsEntry[]> | undefined): unknown =>
    (entries ?? []).map(({ time: _time, ...rest }) => rest);
  return equalJson(timeless(a), timeless(b));
}

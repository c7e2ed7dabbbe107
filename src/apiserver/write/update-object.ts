/**
 * The write chain of an update, of whatever kind: PUT, PATCH, subresources, controllers' helpers like binding.
 *
 * The whole chain runs on the object as it is now, inside a bounded compare-and-swap loop. Nothing is written where nothing
 * changed. An object that is being deleted goes away with the update that takes its last finalizer.
 */
import { type ApiError, conflict, invalid, modified, notFound, type StatusCause } from "../../api/errors.ts";
import { updateManagedFields } from "../../api/managed-fields/index.ts";
import { updateScaleManagedFields } from "../../api/managed-fields/scale.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { report } from "../../api/validation-report.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Operation } from "../../store/store.ts";
import { sameRecord } from "../records/record.ts";
import type { Stored } from "../representation/representation.ts";
import type { ServerParts } from "../server-parts.ts";
import { apiVersionOf, groupResource, type Target, targetKey } from "../target.ts";
import { commitDelete, commitPut, recordOf, refusedOperation } from "./commit.ts";
import { admissionRequest } from "./create-object.ts";
import { type Current, readCurrent } from "./current.ts";
import { keepSystemFields, setGeneration, timestamp } from "./object-changes.ts";
import { stampConditions } from "./requester.ts";
import { keepMetadata, keepStatus, takeSubresource } from "./subresource-content.ts";
import { validate } from "./validation.ts";
import type { WriteOptions } from "./write-options.ts";

export interface Update {
  target: Target;
  options: WriteOptions;
  /** The object as it should be; owned by the chain. Asked anew for each attempt. */
  propose(old: DeepReadonly<KubernetesObject>): KubernetesObject | Promise<KubernetesObject>;
  /** True where a missing resourceVersion means: whatever is there. */
  unconditional: boolean;
  /** True for writes of the server's own making (binding): what is proposed is stored as it is, after its own admission. */
  internal?: boolean;
}

export interface Updated {
  object: DeepReadonly<KubernetesObject>;
  /** What the answer shows; absent in a dry run. */
  stored: Stored | undefined;
}

/** Other writers that one update gives way to. */
const ATTEMPTS = 16;

function storageUidConflict(target: Target, key: string, sent: string, stored: string): ApiError {
  return conflict(
    groupResource(target),
    target.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${sent}, UID in object meta: ${stored}`,
  );
}

function checkPreconditions({ target, unconditional }: Update, object: KubernetesObject, current: Current): void {
  const { uid, resourceVersion } = object.metadata;
  if (uid && uid !== current.object.metadata.uid) throw storageUidConflict(target, current.key, uid, current.object.metadata.uid);
  if (resourceVersion && resourceVersion !== "0") {
    if (resourceVersion !== String(current.revision)) throw modified(groupResource(target), target.name);
    return;
  }
  if (unconditional) return;
  const { face, row, name } = target;
  throw invalid({ group: face.group, kind: row.resource }, name, [
    {
      reason: "FieldValueInvalid",
      message: "Invalid value: 0: must be specified for an update",
      field: "metadata.resourceVersion",
    },
  ]);
}

/** Records in `object` whose fields this write made them. */
function recordOwners(
  parts: ServerParts,
  { target, options }: Pick<Update, "target" | "options">,
  object: KubernetesObject,
  previous: DeepReadonly<KubernetesObject>,
): void {
  const { row, face } = target;
  const subresource = target.subresource?.name ?? "";
  const write = { previous, object, manager: options.manager, apiVersion: apiVersionOf(face) };
  if (subresource === "scale") updateScaleManagedFields(write);
  else updateManagedFields({ ...write, row, operation: "Update", subresource, nowMs: parts.clock.now() });
}

/** From what was sent to what will be stored. Changes `object`; gives the operations that go with it. */
async function prepare(
  parts: ServerParts,
  { target, options, internal }: Update,
  object: KubernetesObject,
  current: Current,
): Promise<Operation[]> {
  const { row, subresource } = target;
  const old = current.object;
  const operations: Operation[] = [];
  keepSystemFields(object, old);
  if (subresource?.name === "status") keepMetadata(row, object, old);
  if (internal !== true) recordOwners(parts, { target, options }, object, old);
  const request = admissionRequest(target, options, "UPDATE", { object, old, name: target.name });
  if (internal !== true) await parts.admission.mutate(request, operations);
  if (internal === true) return operations;
  if (subresource) {
    takeSubresource(row, subresource.name, object, old, parts.clock.now());
    if (row.resource === "certificatesigningrequests") stampConditions(object, timestamp(parts.clock.now()));
  } else {
    keepStatus(row, object, old);
    row.strategy.prepareForUpdate?.(object, old);
  }
  setGeneration(row, object, old, subresource?.name);
  const causes: StatusCause[] = [];
  for (const companion of parts.companions) {
    if (!companion.handles(row)) continue;
    operations.push(...(await companion.prepare({ object, old, dryRun: options.dryRun, report: report(causes) })));
  }
  validate({ target, object, old }, causes);
  await parts.admission.validate(request, operations);
  return operations;
}

/** True where `object` waits for nothing any more. */
export function isGone(object: DeepReadonly<KubernetesObject>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp == null || (finalizers?.length ?? 0) > 0 || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  const { spec } = object as DeepReadonly<{ spec?: { finalizers?: string[] } }>;
  return object.kind !== "Namespace" || (spec?.finalizers?.length ?? 0) === 0;
}

/** The same, in whatever order a client sent its members. */
const isUnchanged = ({ object, record }: { object: KubernetesObject; record: Uint8Array }, current: Current): boolean =>
  sameRecord(record, current.record) || (record.length === current.record.length && deepEqual(object, current.object));

async function attempt(parts: ServerParts, update: Update, current: Current): Promise<Updated> {
  const { target, options } = update;
  const object = await update.propose(current.object);
  checkPreconditions(update, object, current);
  object.metadata.resourceVersion = String(current.revision);
  const others = await prepare(parts, update, object, current);
  object.metadata.resourceVersion = String(current.revision);
  if (options.dryRun) return { object, stored: undefined };
  const record = recordOf(target.row, object);
  if (isGone(object)) {
    const released = await companionReleases(parts, update, current);
    await commitDelete(parts, { key: current.key, revision: current.revision, others: [...others, ...released] });
    return { object, stored: { record, revision: current.revision } };
  }
  if (isUnchanged({ object, record }, current)) return { object: current.object, stored: current };
  const { key, revision } = current;
  const stored = await commitPut(parts, { row: target.row, key, object, record, if: { revision }, others });
  return { object, stored };
}

export async function companionReleases(
  parts: ServerParts,
  { target, options }: Pick<Update, "target" | "options">,
  current: Current,
): Promise<Operation[]> {
  const operations: Operation[] = [];
  for (const companion of parts.companions) {
    if (!companion.handles(target.row)) continue;
    const write = { object: undefined, old: current.object, dryRun: options.dryRun, report: report([]) };
    operations.push(...(await companion.prepare(write)));
  }
  return operations;
}

/** One attempt; undefined where there is no such object, "again" where another write came in between. */
async function tryOnce(parts: ServerParts, update: Update): Promise<Updated | undefined | "again"> {
  const current = await readCurrent(parts, update.target);
  if (current === undefined) return undefined;
  try {
    return await attempt(parts, update, current);
  } catch (error) {
    if (refusedOperation(error) === undefined) throw error;
    return "again";
  }
}

async function tryOften(parts: ServerParts, update: Update): Promise<Updated | undefined> {
  for (let attempts = 1; attempts <= ATTEMPTS; attempts++) {
    const updated = await tryOnce(parts, update);
    if (updated !== "again") return updated;
  }
  throw modified(groupResource(update.target), update.target.name);
}

/** Undefined where there is no such object. */
export async function updateIfThere(parts: ServerParts, update: Update): Promise<Updated | undefined> {
  const key = update.target.row.prefix + targetKey(update.target);
  if (!parts.turns.busy(key)) {
    const updated = await tryOnce(parts, update);
    if (updated !== "again") return updated;
  }
  return parts.turns.take(key, () => tryOften(parts, update));
}

export async function updateObject(parts: ServerParts, update: Update): Promise<Updated> {
  const updated = await updateIfThere(parts, update);
  if (updated === undefined) throw notFound(groupResource(update.target), update.target.name);
  return updated;
}

/**
 * Deletion: at once where nothing waits, else marked with deletionTimestamp until grace period and finalizers are over.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import { conflict, modified, notFound } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Operation } from "../../store/store.ts";
import type { Stored } from "../representation/representation.ts";
import type { ServerParts } from "../server-parts.ts";
import { groupResource, type Target } from "../target.ts";
import type { DeleteOptions } from "../verbs/delete-options.ts";
import { commitDelete, commitPut, recordOf, refusedOperation } from "./commit.ts";
import { admissionRequest } from "./create-object.ts";
import { type Current, readCurrent } from "./current.ts";
import { markDeleted } from "./deletion.ts";
import { companionReleases, isGone } from "./update-object.ts";
import type { WriteOptions } from "./write-options.ts";

export interface Deleted {
  /** As the answer shows it where it shows the object. */
  object: DeepReadonly<KubernetesObject>;
  stored: Stored | undefined;
  /** False where it waits for its grace period or finalizers. */
  gone: boolean;
}

const ATTEMPTS = 16;

function checkPreconditions({ face, name }: Target, options: DeleteOptions, current: Current): void {
  const { uid } = current.object.metadata;
  const of = { group: face.group, resource: face.kind };
  if (options.uid !== undefined && options.uid !== uid)
    throw conflict(
      of,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (options.resourceVersion !== undefined && options.resourceVersion !== String(current.revision))
    throw conflict(
      of,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${current.revision}). The object might have been modified`,
    );
}

async function attempt(parts: ServerParts, target: Target, options: DeleteOptions, current: Current): Promise<Deleted> {
  checkPreconditions(target, options, current);
  const { row } = target;
  const writeOptions: WriteOptions = {
    dryRun: options.dryRun,
    manager: "",
    fieldValidation: "Ignore",
    force: undefined,
    sent: options.sent,
  };
  const others: Operation[] = [];
  const objects = { object: undefined, old: current.object, name: target.name };
  const request = admissionRequest(target, writeOptions, "DELETE", objects);
  await parts.admission.mutate(request, others);
  await parts.admission.validate(request, others);
  const marked = markDeleted(row, current.object, options, parts.clock.now());
  if (isGone(marked.object)) return remove(parts, target, { options, current, others, marked, writeOptions });
  if (!marked.changed) return { object: current.object, stored: current, gone: false };
  if (options.dryRun) return { object: marked.object, stored: undefined, gone: false };
  const { key, revision } = current;
  const record = recordOf(row, marked.object);
  const stored = await commitPut(parts, { row, key, object: marked.object, record, if: { revision }, others });
  return { object: marked.object, stored, gone: false };
}

interface Removal {
  options: DeleteOptions;
  current: Current;
  others: Operation[];
  marked: ReturnType<typeof markDeleted>;
  writeOptions: WriteOptions;
}

/**
 * What has a grace period is seen to be deleted before it is gone, also where the period is 0: watchers get the mark first.
 * Gives the revision that is deleted then.
 */
async function showMark(parts: ServerParts, { row }: Target, { current, marked }: Removal): Promise<number> {
  const { key, revision } = current;
  if (row.strategy.gracePeriodSeconds === undefined || !marked.changed) return revision;
  const { object } = marked;
  const stored = await commitPut(parts, { row, key, object, record: recordOf(row, object), if: { revision }, others: [] });
  return stored.revision;
}

async function remove(parts: ServerParts, target: Target, removal: Removal): Promise<Deleted> {
  const { options, current, others, writeOptions } = removal;
  const marked = removal.marked.object;
  const { key, revision } = current;
  // What has a grace period shows the one that it ended with; others are shown as they were.
  const showsMark = target.row.strategy.gracePeriodSeconds !== undefined || current.object.metadata.deletionTimestamp != null;
  const object = showsMark ? marked : current.object;
  const record = showsMark ? recordOf(target.row, marked) : current.record;
  if (options.dryRun) return { object, stored: { record, revision }, gone: true };
  const released = await companionReleases(parts, { target, options: writeOptions }, current);
  const shown = await showMark(parts, target, removal);
  const deletedAt = await commitDelete(parts, { key, revision: shown, others: [...others, ...released] });
  return { object, stored: { record, revision: deletedAt }, gone: true };
}

/** Throws 404, 409 (preconditions) or what admission says. */
export async function deleteObject(parts: ServerParts, target: Target, options: DeleteOptions): Promise<Deleted> {
  for (let attempts = 1; ; attempts++) {
    const current = await readCurrent(parts, target);
    if (current === undefined) throw notFound(groupResource(target), target.name);
    try {
      return await attempt(parts, target, options, current);
    } catch (error) {
      if (refusedOperation(error) === undefined) throw error;
      if (attempts >= ATTEMPTS) throw modified(groupResource(target), target.name);
    }
  }
}

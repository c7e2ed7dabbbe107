/**
 * Who owns the replicas of an object when they are written through its scale subresource.
 *
 * The write happens on a Scale, whose entries are those of the replicas' owners, in its own version. What is left of them comes back
 * to the object. Who updates is another owner in another version, so such an owner loses the replicas to a second entry of its name;
 * that one and the writer's own have no time. Clients see both on upstream, too.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { ManagedFieldsEntry } from "../generated/shared.ts";
import type { KubernetesObject } from "../meta.ts";
import { byOperationAndTime, lastOfEach, sameOwner } from "./entries.ts";
import { difference, type FieldSet } from "./field-set.ts";

interface Scalable extends KubernetesObject {
  spec?: { replicas?: number };
}

export interface ScaleManagedFields {
  previous: DeepReadonly<Scalable>;
  /** What is about to be stored: `metadata.managedFields` is replaced. */
  object: Scalable;
  manager: string;
  /** The object's, not that of the Scale. */
  apiVersion: string;
}

type Entry = DeepReadonly<ManagedFieldsEntry>;

const SCALE_VERSION = "autoscaling/v1";
const REPLICAS: FieldSet = { "f:spec": { "f:replicas": {} } };

const fieldsOf = ({ fieldsV1 }: Entry): FieldSet | undefined => fieldsV1 as FieldSet | undefined;
const ownsReplicas = (entry: Entry): boolean => difference(REPLICAS, fieldsOf(entry)) === undefined;

/** Owners of the Scale's replicas after the write. None where nobody owned them: what is untracked stays so. */
function scaleOwners(entries: readonly Entry[], { previous, object, manager }: ScaleManagedFields): Entry[] {
  const owners = entries.filter(ownsReplicas).map((entry) => ({ ...entry, apiVersion: SCALE_VERSION }));
  const replicas = object.spec?.replicas ?? 0;
  if (owners.length === 0 || replicas === (previous.spec?.replicas ?? 0)) return owners;
  // A Scale shows no replicas as none at all, and nobody owns what is not there.
  if (replicas === 0) return [];
  return [{ manager, operation: "Update", apiVersion: SCALE_VERSION, subresource: "scale" }];
}

export function updateScaleManagedFields(update: ScaleManagedFields): void {
  const { previous, object, apiVersion } = update;
  const entries = lastOfEach(previous.metadata.managedFields ?? []).filter((entry) => entry.apiVersion === apiVersion);
  const owners = scaleOwners(entries, update);
  const kept = new Set<Entry>();
  const result: Entry[] = [];
  for (const entry of entries) {
    const back = owners.find((owner) => sameOwner(owner, entry));
    const fieldsV1 = back === undefined ? difference(fieldsOf(entry), REPLICAS) : fieldsOf(entry);
    if (back !== undefined) kept.add(back);
    if (fieldsV1 !== undefined) result.push({ ...entry, fieldsV1 });
  }
  for (const owner of owners) {
    const { time: _time, ...rest } = owner;
    if (!kept.has(owner)) result.push({ ...rest, apiVersion, fieldsType: "FieldsV1", fieldsV1: REPLICAS });
  }
  delete object.metadata.managedFields;
  if (result.length > 0) object.metadata.managedFields = result.sort(byOperationAndTime) as ManagedFieldsEntry[];
}

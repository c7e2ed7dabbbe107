/**
 * The strategic merge patch from one Pod status to another: only what differs, so that fields which others own stay theirs.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
import type { PodCondition, PodStatus } from "../../api/generated/core-v1.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { sameContent } from "../../client/equality.ts";
import { KUBELET_CONDITIONS } from "./conditions.ts";

/** Fields of the status that the kubelet writes; claims are others'. */
const FIELDS: readonly (keyof PodStatus)[] = [
  "observedGeneration",
  "phase",
  "reason",
  "message",
  "hostIP",
  "hostIPs",
  "podIP",
  "podIPs",
  "startTime",
  "initContainerStatuses",
  "containerStatuses",
  "ephemeralContainerStatuses",
  "allocatedResources",
  "resources",
  "qosClass",
];

type Status = DeepReadonly<PodStatus>;

function conditionsPatch(before: Status, after: Status): Record<string, unknown> {
  const old = before.conditions ?? [];
  const wanted = after.conditions ?? [];
  const changed: object[] = wanted.flatMap((condition) => {
    const said = old.find(({ type }) => type === condition.type);
    return !KUBELET_CONDITIONS.includes(condition.type) || sameContent(condition, said) ? [] : [merging(condition, said)];
  });
  const gone = old.filter(
    ({ type }) => KUBELET_CONDITIONS.includes(type) && !wanted.some((condition) => condition.type === type),
  );
  if (changed.length === 0 && gone.length === 0) return {};
  return {
    "$setElementOrder/conditions": wanted.map(({ type }) => ({ type })),
    conditions: [...changed, ...gone.map(({ type }) => ({ $patch: "delete", type }))],
  };
}

/** Conditions are merged field by field: what is not said any more has to be taken back. */
const merging = (condition: DeepReadonly<PodCondition>, said: DeepReadonly<PodCondition> | undefined): object => ({
  ...(said?.reason === undefined ? {} : { reason: null }),
  ...(said?.message === undefined ? {} : { message: null }),
  ...condition,
});

/** A list that a strategic patch would merge element by element is replaced as a whole. */
const MERGED_LISTS: readonly string[] = ["podIPs", "hostIPs"];

/** Undefined where they say the same. */
export function statusPatch(uid: string, before: Status, after: Status): object | undefined {
  const status: Record<string, unknown> = conditionsPatch(before, after);
  for (const field of FIELDS) {
    if (sameContent(before[field], after[field])) continue;
    const value = after[field];
    if (value === undefined) status[field] = null;
    else if (MERGED_LISTS.includes(field) && before[field] !== undefined)
      status[field] = [{ $patch: "replace" }, ...(value as readonly object[])];
    else status[field] = value;
  }
  return Object.keys(status).length === 0 ? undefined : { metadata: { uid }, status };
}

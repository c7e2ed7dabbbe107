/** What the garbage collector does with one object, from what is known of its owners. Pure. */
import { FOREGROUND, type Node, ORPHAN, type Owner } from "./graph.ts";

/** `present`: it is there; `waiting`: it is there and waits for its dependents to go; `absent`: it is gone, or was never there. */
export type OwnerState = "present" | "waiting" | "absent";

export type Verdict =
  | { action: "keep" }
  /** Some owners are gone, but not all: only the references to the others stay. */
  | { action: "dropOwners"; keep: readonly Owner[] }
  | { action: "delete"; propagationPolicy: "Foreground" | "Background" | "Orphan"; unblock: boolean };

export interface Subject {
  owners: readonly Owner[];
  finalizers: readonly string[];
  dependents: readonly Node[];
}

export function verdictOn({ owners, finalizers, dependents }: Subject, stateOf: (owner: Owner) => OwnerState): Verdict {
  const states = owners.map((owner) => ({ owner, state: stateOf(owner) }));
  const keep = states.filter(({ state }) => state === "present").map(({ owner }) => owner);
  if (keep.length === owners.length) return { action: "keep" };
  if (keep.length > 0) return { action: "dropOwners", keep };
  if (states.some(({ state }) => state === "waiting") && dependents.length > 0) {
    // A dependent that waits as well may be part of a circle: nobody would ever be first.
    return {
      action: "delete",
      propagationPolicy: "Foreground",
      unblock: dependents.some(({ awaitsDependents }) => awaitsDependents),
    };
  }
  if (finalizers.includes(ORPHAN)) return { action: "delete", propagationPolicy: "Orphan", unblock: false };
  const propagationPolicy = finalizers.includes(FOREGROUND) ? "Foreground" : "Background";
  return { action: "delete", propagationPolicy, unblock: false };
}

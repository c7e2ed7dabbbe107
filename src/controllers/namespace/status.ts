/** What a Namespace says about its own deletion: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/ */
import type { Namespace } from "../../api/core/namespace.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

type Status = DeepReadonly<Namespace["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];

/** What one pass over the content came to. */
export interface Remainder {
  /** What discovery could not tell. */
  undiscovered: readonly string[];
  /** What could not be deleted, in words. */
  failures: readonly string[];
  /** `resource.group` → how many objects are left. */
  objects: ReadonlyMap<string, number>;
  /** Finalizer → how many of these it holds. */
  finalizers: ReadonlyMap<string, number>;
}

const counted = (counts: ReadonlyMap<string, number>, word: string): string =>
  [...counts]
    .map(([name, count]) => `${name} ${word} ${count} resource instances`)
    .toSorted()
    .join(", ");

type Verdict = [
  type: string,
  trouble: boolean,
  troubleReason: string,
  troubleMessage: string,
  fineReason: string,
  fineMessage: string,
];

const verdicts = ({ undiscovered, failures, objects, finalizers }: Remainder): Verdict[] => [
  [
    "NamespaceDeletionDiscoveryFailure",
    undiscovered.length > 0,
    "DiscoveryFailed",
    `Discovery failed for some groups, ${undiscovered.length} failing: ${undiscovered.join(", ")}`,
    "ResourcesDiscovered",
    "All resources successfully discovered",
  ],
  [
    "NamespaceDeletionGroupVersionParsingFailure",
    false,
    "",
    "",
    "ParsedGroupVersions",
    "All legacy kube types successfully parsed",
  ],
  [
    "NamespaceDeletionContentFailure",
    failures.length > 0,
    "ContentDeletionFailed",
    `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(", ")}`,
    "ContentDeleted",
    "All content successfully deleted, may be waiting on finalization",
  ],
  [
    "NamespaceContentRemaining",
    objects.size > 0,
    "SomeResourcesRemain",
    `Some resources are remaining: ${counted(objects, "has")}`,
    "ContentRemoved",
    "All content successfully removed",
  ],
  [
    "NamespaceFinalizersRemaining",
    finalizers.size > 0,
    "SomeFinalizersRemain",
    `Some content in the namespace has finalizers remaining: ${counted(finalizers, "in")}`,
    "ContentHasNoFinalizers",
    "All content-preserving finalizers finished",
  ],
];

export function terminatingStatus(before: Status, remainder: Remainder, nowMs: number): Status {
  const conditions = [...(before.conditions ?? [])];
  for (const [type, trouble, troubleReason, troubleMessage, fineReason, fineMessage] of verdicts(remainder)) {
    const next: Condition = {
      type,
      status: trouble ? "True" : "False",
      lastTransitionTime: formatTime(nowMs),
      reason: trouble ? troubleReason : fineReason,
      message: trouble ? troubleMessage : fineMessage,
    };
    const position = conditions.findIndex((condition) => condition.type === type);
    const current = conditions[position];
    if (current === undefined) conditions.push(next);
    else if (current.status !== next.status || current.reason !== next.reason || current.message !== next.message)
      conditions[position] = next;
  }
  return { ...before, phase: "Terminating", conditions };
}

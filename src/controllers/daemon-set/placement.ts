/**
 * Which nodes a DaemonSet runs on. Pure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
 */
import type { DaemonSet } from "../../api/apps/daemon-set.ts";
import type { Node } from "../../api/core/node.ts";
import { requiredAffinityMatches } from "../../api/core/node-affinity.ts";
import type { Pod } from "../../api/core/pod/pod.ts";
import { tolerates } from "../../api/core/taint.ts";
import type { NodeSelectorTerm, Toleration } from "../../api/generated/shared.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export type ReadonlyDaemonSet = DeepReadonly<DaemonSet>;
export type ReadonlyNode = DeepReadonly<Node>;

const TAINTS = "node.kubernetes.io/";

/** What every daemon puts up with: it stays where others have to go. */
export function daemonTolerations({ spec }: ReadonlyDaemonSet): DeepReadonly<Toleration>[] {
  const always: Toleration[] = [
    { key: `${TAINTS}not-ready`, operator: "Exists", effect: "NoExecute" },
    { key: `${TAINTS}unreachable`, operator: "Exists", effect: "NoExecute" },
    { key: `${TAINTS}disk-pressure`, operator: "Exists", effect: "NoSchedule" },
    { key: `${TAINTS}memory-pressure`, operator: "Exists", effect: "NoSchedule" },
    { key: `${TAINTS}pid-pressure`, operator: "Exists", effect: "NoSchedule" },
    { key: `${TAINTS}unschedulable`, operator: "Exists", effect: "NoSchedule" },
  ];
  const { hostNetwork, tolerations = [] } = spec.template.spec ?? {};
  if (hostNetwork) always.push({ key: `${TAINTS}network-unavailable`, operator: "Exists", effect: "NoSchedule" });
  const same = (a: DeepReadonly<Toleration>, b: DeepReadonly<Toleration>): boolean =>
    a.key === b.key && a.operator === b.operator && a.effect === b.effect && (a.value ?? "") === (b.value ?? "");
  return [...tolerations, ...always.filter((each) => !tolerations.some((own) => same(own, each)))];
}

export interface Placement {
  /** A Pod that is missing is made. */
  runs: boolean;
  /** A Pod that is there stays. */
  stays: boolean;
}

export function placementOn(daemonSet: ReadonlyDaemonSet, node: ReadonlyNode): Placement {
  const { spec } = daemonSet.spec.template;
  const { name, labels = {} } = node.metadata;
  if ((spec?.nodeName && spec.nodeName !== name) || !requiredAffinityMatches(spec ?? {}, { name, labels }))
    return { runs: false, stays: false };
  const tolerations = daemonTolerations(daemonSet);
  const hard = (node.spec?.taints ?? []).filter((taint) => taint.effect !== "PreferNoSchedule" && !tolerates(tolerations, taint));
  return { runs: hard.length === 0, stays: !hard.some(({ effect }) => effect === "NoExecute") };
}

/** A Pod for one node: the scheduler has no choice. */
export function pinnedTo(
  spec: DeepReadonly<Pod["spec"]> | undefined,
  nodeName: string,
): Pick<DeepReadonly<Pod["spec"]>, "affinity"> {
  const affinity = spec?.affinity;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const matchFields = [{ key: "metadata.name", operator: "In", values: [nodeName] }];
  const pinned = (terms?.length ? terms : [{}]).map((term) => ({ ...term, matchFields })) as DeepReadonly<NodeSelectorTerm>[];
  return {
    affinity: {
      ...affinity,
      nodeAffinity: {
        ...affinity?.nodeAffinity,
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: pinned },
      },
    },
  };
}

/** The node that a Pod runs on, or will: before it is bound its affinity says so. */
export function nodeOf({ spec }: DeepReadonly<Pod>): string {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const field = terms[0]?.matchFields?.find(({ key }) => key === "metadata.name");
  return field?.values?.[0] ?? "";
}

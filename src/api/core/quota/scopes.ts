/** Which Pods a ResourceQuota is about. https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { Pod } from "../pod/pod.ts";
import { qosClassOf } from "../pod/qos.ts";
import type { ResourceQuota } from "../resource-quota.ts";

type QuotaSpec = NonNullable<DeepReadonly<ResourceQuota>["spec"]>;
type Requirement = { scopeName: string; operator: string; values?: readonly string[] };

function hasCrossNamespaceAffinity({ spec }: DeepReadonly<Pod>): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector != null);
}

function priorityMatches({ operator, values = [] }: Requirement, { spec }: DeepReadonly<Pod>): boolean {
  const name = spec.priorityClassName ?? "";
  switch (operator) {
    case "In":
      return values.includes(name);
    case "NotIn":
      return !values.includes(name);
    case "DoesNotExist":
      return name === "";
    default:
      return name !== "";
  }
}

function matches(requirement: Requirement, pod: DeepReadonly<Pod>): boolean {
  switch (requirement.scopeName) {
    case "Terminating":
      return pod.spec.activeDeadlineSeconds != null;
    case "NotTerminating":
      return pod.spec.activeDeadlineSeconds == null;
    case "BestEffort":
      return qosClassOf(pod.spec) === "BestEffort";
    case "NotBestEffort":
      return qosClassOf(pod.spec) !== "BestEffort";
    case "PriorityClass":
      return priorityMatches(requirement, pod);
    case "CrossNamespacePodAffinity":
      return hasCrossNamespaceAffinity(pod);
    default:
      return false;
  }
}

export const hasScopes = ({ scopes, scopeSelector }: QuotaSpec): boolean =>
  (scopes?.length ?? 0) > 0 || (scopeSelector?.matchExpressions?.length ?? 0) > 0;

export function inScope({ scopes, scopeSelector }: QuotaSpec, pod: DeepReadonly<Pod>): boolean {
  const requirements: Requirement[] = [
    ...(scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })),
    ...(scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => matches(requirement, pod));
}

/**
 * Which nodes a node selector means: the same rule for Pods, DaemonSets, volumes and the kubelet's own admission.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from "../generated/shared.ts";

/** What a selector looks at. */
export interface SelectedNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const integer = (text: string | undefined): number => (text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN);

function requirementHolds({ operator, values = [] }: DeepReadonly<NodeSelectorRequirement>, actual: string | undefined): boolean {
  switch (operator) {
    case "In":
      return actual !== undefined && values.includes(actual);
    case "NotIn":
      return actual === undefined || !values.includes(actual);
    case "Exists":
      return actual !== undefined;
    case "DoesNotExist":
      return actual === undefined;
    case "Gt":
      return integer(actual) > integer(values[0]);
    case "Lt":
      return integer(actual) < integer(values[0]);
    default:
      return false;
  }
}

/** A term without requirements matches nothing. */
export function termMatches(term: DeepReadonly<NodeSelectorTerm>, node: SelectedNode): boolean {
  const labels = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (labels.length === 0 && fields.length === 0) return false;
  return (
    labels.every((requirement) => requirementHolds(requirement, node.labels[requirement.key])) &&
    // metadata.name is the only field there is.
    fields.every((requirement) => requirement.key === "metadata.name" && requirementHolds(requirement, node.name))
  );
}

/** True where one of the terms matches. */
export const selectorMatches = (selector: DeepReadonly<NodeSelector>, node: SelectedNode): boolean =>
  selector.nodeSelectorTerms.some((term) => termMatches(term, node));

/** The Pod's nodeSelector and required node affinity, both of which must hold. */
export function requiredAffinityMatches(
  spec: DeepReadonly<Pick<PodSpec, "nodeSelector" | "affinity">>,
  node: SelectedNode,
): boolean {
  for (const key in spec.nodeSelector) if (node.labels[key] !== spec.nodeSelector[key]) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || selectorMatches(required, node);
}

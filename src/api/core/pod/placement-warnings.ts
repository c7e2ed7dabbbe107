/**
 * What a Pod says about where it should run that is taken but means something else than it seems: labels of nodes by their old names,
 * and selectors of Pods that are missing.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { NodeSelectorTerm, PodSpec } from "../../generated/shared.ts";

type Spec = DeepReadonly<PodSpec>;

/** Labels of nodes that have another name now. */
const OLD_NODE_LABELS: Readonly<Record<string, readonly [since: string, now: string]>> = {
  "beta.kubernetes.io/arch": ["v1.14", "kubernetes.io/arch"],
  "beta.kubernetes.io/os": ["v1.14", "kubernetes.io/os"],
  "failure-domain.beta.kubernetes.io/region": ["v1.17", "topology.kubernetes.io/region"],
  "failure-domain.beta.kubernetes.io/zone": ["v1.17", "topology.kubernetes.io/zone"],
  "beta.kubernetes.io/instance-type": ["v1.17", "node.kubernetes.io/instance-type"],
};

function deprecation(key: string): string | undefined {
  const [since, now] = OLD_NODE_LABELS[key] ?? [];
  return now === undefined ? undefined : `deprecated since ${since}; use "${now}" instead`;
}

const nodeSelectorWarnings = ({ nodeSelector = {} }: Spec, path: string): string[] =>
  Object.keys(nodeSelector).flatMap((key) => {
    const why = deprecation(key);
    return why === undefined ? [] : [`${path}.nodeSelector[${key}]: ${why}`];
  });

function keyWarnings(key: string, path: string): string[] {
  const why = deprecation(key);
  return why === undefined ? [] : [`${path}: ${key} is ${why}`];
}

const termWarnings = ({ matchExpressions = [] }: DeepReadonly<NodeSelectorTerm>, path: string): string[] =>
  matchExpressions.flatMap(({ key }, index) => keyWarnings(key, `${path}.matchExpressions[${index}].key`));

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

function nodeAffinityWarnings({ affinity }: Spec, path: string): string[] {
  const { [REQUIRED]: required, [PREFERRED]: preferred = [] } = affinity?.nodeAffinity ?? {};
  const here = `${path}.affinity.nodeAffinity`;
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      termWarnings(term, `${here}.${REQUIRED}.nodeSelectorTerms[${index}]`),
    ),
    ...preferred.flatMap(({ preference }, index) => termWarnings(preference, `${here}.${PREFERRED}[${index}].preference`)),
  ];
}

const selectorWarnings = (selector: unknown, path: string): string[] =>
  selector == null ? [`${path}.labelSelector: a null labelSelector results in matching no pod`] : [];

const spreadWarnings = ({ topologySpreadConstraints = [] }: Spec, path: string): string[] =>
  topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, index) => {
    const here = `${path}.topologySpreadConstraints[${index}]`;
    return [...keyWarnings(topologyKey, `${here}.topologyKey`), ...selectorWarnings(labelSelector, here)];
  });

function podAffinityWarnings({ affinity }: Spec, path: string): string[] {
  return (["podAffinity", "podAntiAffinity"] as const).flatMap((kind) => {
    const { [REQUIRED]: required = [], [PREFERRED]: preferred = [] } = affinity?.[kind] ?? {};
    const here = `${path}.affinity.${kind}`;
    return [
      ...required.flatMap(({ labelSelector }, index) => selectorWarnings(labelSelector, `${here}.${REQUIRED}[${index}]`)),
      ...preferred.flatMap(({ podAffinityTerm }, index) =>
        selectorWarnings(podAffinityTerm.labelSelector, `${here}.${PREFERRED}[${index}].podAffinityTerm`),
      ),
    ];
  });
}

/** `path`: of the spec. */
export const placementWarnings = (spec: Spec, path: string): string[] =>
  [nodeSelectorWarnings, nodeAffinityWarnings, spreadWarnings, podAffinityWarnings].flatMap((warn) => warn(spec, path));

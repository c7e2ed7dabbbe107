/**
 * What a Pod says about where it should run that is taken but means something else than it seems: labels of nodes by their old names,
 * and selectors of Pods that are missing.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
import type { DeepReadonly } from "../../../base/readonly.ts";
import type { PodSpec } from "../../generated/shared.ts";
import { nodeTermWarnings, oldLabelKeyWarnings, oldLabelWarnings } from "../../node-label-warnings.ts";

type Spec = DeepReadonly<PodSpec>;

const nodeSelectorWarnings = ({ nodeSelector = {} }: Spec, path: string): string[] =>
  Object.keys(nodeSelector).flatMap((key) => oldLabelWarnings(key, `${path}.nodeSelector[${key}]`));

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

function nodeAffinityWarnings({ affinity }: Spec, path: string): string[] {
  const { [REQUIRED]: required, [PREFERRED]: preferred = [] } = affinity?.nodeAffinity ?? {};
  const here = `${path}.affinity.nodeAffinity`;
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, index) =>
      nodeTermWarnings(term, `${here}.${REQUIRED}.nodeSelectorTerms[${index}]`),
    ),
    ...preferred.flatMap(({ preference }, index) => nodeTermWarnings(preference, `${here}.${PREFERRED}[${index}].preference`)),
  ];
}

const selectorWarnings = (selector: unknown, path: string): string[] =>
  selector == null ? [`${path}.labelSelector: a null labelSelector results in matching no pod`] : [];

const spreadWarnings = ({ topologySpreadConstraints = [] }: Spec, path: string): string[] =>
  topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, index) => {
    const here = `${path}.topologySpreadConstraints[${index}]`;
    return [...oldLabelKeyWarnings(topologyKey, `${here}.topologyKey`), ...selectorWarnings(labelSelector, here)];
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

/**
 * A Pod's wishes to be near other Pods or away from them, parsed once.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 */
import type { Pod } from "../../api/generated/core-v1.ts";
import type { PodAffinityTerm } from "../../api/generated/shared.ts";
import { type LabelMatcher, type Labels, selectorFromObject } from "../../api/selectors/labels.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

export interface PodTerm {
  readonly topologyKey: string;
  /** Negative where the Pod would rather be away; 1 for terms that must hold. */
  readonly weight: number;
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: LabelMatcher;
  readonly selector: LabelMatcher;
}

export interface PodTerms {
  readonly affinity: readonly PodTerm[];
  readonly antiAffinity: readonly PodTerm[];
  readonly preferred: readonly PodTerm[];
}

function parsed(term: DeepReadonly<PodAffinityTerm>, owner: string, weight: number): PodTerm {
  const { topologyKey, labelSelector, namespaces = [], namespaceSelector } = term;
  // Neither names nor a selector: the Pod's own namespace.
  const names = namespaces.length === 0 && !namespaceSelector ? [owner] : namespaces;
  return {
    topologyKey,
    weight,
    namespaces: new Set(names),
    namespaceSelector: selectorFromObject(namespaceSelector),
    selector: selectorFromObject(labelSelector),
  };
}

/** Undefined where the Pod has no terms. */
export function podTerms({ metadata: { namespace = "" }, spec }: DeepReadonly<Pod>): PodTerms | undefined {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return undefined;
  const required = (side: typeof podAffinity): PodTerm[] =>
    (side?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => parsed(term, namespace, 1));
  const preferred = (side: typeof podAffinity, sign: 1 | -1): PodTerm[] =>
    (side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) =>
      parsed(podAffinityTerm, namespace, sign * weight),
    );
  return {
    affinity: required(podAffinity),
    antiAffinity: required(podAntiAffinity),
    preferred: [...preferred(podAffinity, 1), ...preferred(podAntiAffinity, -1)].filter(({ weight }) => weight !== 0),
  };
}

export interface TermTarget {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
}

export const termSelects = (term: PodTerm, { namespace, namespaceLabels, labels }: TermTarget): boolean =>
  (term.namespaces.has(namespace) || term.namespaceSelector.matches(namespaceLabels)) && term.selector.matches(labels);

/**
 * Labels of nodes that have another name now, wherever something chooses nodes by them.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
import type { DeepReadonly } from "../base/readonly.ts";
import type { LabelSelector } from "./meta.ts";

const OLD_LABELS: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

/** At most one text: what to say of the label at `path`. */
export const oldLabelWarnings = (label: string, path: string): string[] =>
  Object.hasOwn(OLD_LABELS, label) ? [`${path}: ${OLD_LABELS[label]}`] : [];

/** The same where the path is of a field that has the label as its value. */
export const oldLabelKeyWarnings = (label: string, path: string): string[] =>
  Object.hasOwn(OLD_LABELS, label) ? [`${path}: ${label} is ${OLD_LABELS[label]}`] : [];

export const nodeTermWarnings = (
  { matchExpressions = [] }: { readonly matchExpressions?: readonly { readonly key: string }[] },
  path: string,
): string[] => matchExpressions.flatMap(({ key }, index) => oldLabelKeyWarnings(key, `${path}.matchExpressions[${index}].key`));

/** Of a selector of nodes by their labels. */
export const nodeSelectorWarnings = (
  { matchExpressions = [], matchLabels = {} }: DeepReadonly<LabelSelector>,
  path: string,
): string[] => [
  ...nodeTermWarnings({ matchExpressions }, path),
  ...Object.keys(matchLabels).flatMap((label) => oldLabelWarnings(label, `${path}.matchLabels.${label}`)),
];

/**
 * Which labels a LabelSelector picks.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 *
 * Selectors come from objects that never change, so each is compiled once and the result kept as long as the selector is.
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { LabelSelector } from "../generated/shared.ts";

export type Labels = Readonly<Record<string, string>> | undefined;
export type LabelMatcher = (labels: Labels) => boolean;

const NOTHING: LabelMatcher = () => false;
const compiled = new WeakMap<object, LabelMatcher>();

function requirement({
  key,
  operator,
  values = [],
}: {
  key: string;
  operator: string;
  values?: readonly string[];
}): LabelMatcher {
  const among = new Set(values);
  switch (operator) {
    case "In":
      return (labels) => labels?.[key] !== undefined && among.has(labels[key]);
    case "NotIn":
      return (labels) => labels?.[key] === undefined || !among.has(labels[key]);
    case "Exists":
      return (labels) => labels?.[key] !== undefined;
    case "DoesNotExist":
      return (labels) => labels?.[key] === undefined;
    default:
      return NOTHING;
  }
}

/** No selector picks nothing, an empty one everything. */
export function labelMatcher(selector: DeepReadonly<LabelSelector> | null | undefined): LabelMatcher {
  if (!selector) return NOTHING;
  let matches = compiled.get(selector);
  if (matches === undefined) {
    const pairs = Object.entries(selector.matchLabels ?? {});
    const requirements = (selector.matchExpressions ?? []).map(requirement);
    matches = (labels) => pairs.every(([key, value]) => labels?.[key] === value) && requirements.every((fits) => fits(labels));
    compiled.set(selector, matches);
  }
  return matches;
}

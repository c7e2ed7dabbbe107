/**
 * Which labels a LabelSelector picks: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 *
 * Selectors come from informers and never change, so each is compiled once and the result kept as long as the selector is.
 */
import type { LabelSelector } from "../api/meta.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export type Labels = Readonly<Record<string, string>> | undefined;
export type Matches = (labels: Labels) => boolean;

const compiled = new WeakMap<object, Matches>();
const NOTHING: Matches = () => false;

function requirement({ key, operator, values = [] }: { key: string; operator: string; values?: readonly string[] }): Matches {
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
export function matcherOf(selector: DeepReadonly<LabelSelector> | null | undefined): Matches {
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

/** The plain form that Services and ReplicationControllers have; an empty one picks nothing. */
export function matchesLabels(selector: Labels | null, labels: Labels): boolean {
  const pairs = Object.entries(selector ?? {});
  return pairs.length > 0 && pairs.every(([key, value]) => labels?.[key] === value);
}

export const selectsEverything = (selector: DeepReadonly<LabelSelector> | null | undefined): boolean =>
  !!selector && Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;

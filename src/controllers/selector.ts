/**
 * Which labels a LabelSelector picks: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 *
 * Selectors come from informers and never change, so each is compiled once and the result kept as long as the selector is.
 */
import type { LabelSelector } from "../api/meta.ts";
import { type Labels, NOTHING, selectorFromObject } from "../api/selectors/index.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export type Matches = (labels: Labels) => boolean;

const compiled = new WeakMap<object, Matches>();

/** No selector picks nothing, an empty one everything. */
export function matcherOf(selector: DeepReadonly<LabelSelector> | null | undefined): Matches {
  if (!selector) return NOTHING.matches;
  let matches = compiled.get(selector);
  if (matches === undefined) {
    matches = selectorFromObject(selector).matches;
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

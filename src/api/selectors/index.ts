/** Label and field selectors, from text or objects to matchers. */
export { type FieldMatcher, type FieldRequirement, parseFieldSelector } from "./fields.ts";
export {
  EVERYTHING,
  formatLabelSelector,
  type LabelMatcher,
  type LabelOperator,
  type LabelRequirement,
  type Labels,
  NOTHING,
  parseLabelSelector,
  requirementMatches,
  selectorFromLabels,
  selectorFromObject,
} from "./labels.ts";

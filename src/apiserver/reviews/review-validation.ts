/** What all reviews refuse. Their errors name the group but no kind, as upstream's do. */
import { invalid, type StatusCause } from "../../api/errors.ts";
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  SubjectAccessReviewSpec,
} from "../../api/generated/authorization-v1.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { type Report, report } from "../../api/validation-report.ts";

export const AUTHORIZATION = "authorization.k8s.io";

/** Throws the 422 with everything that `check` reports. */
export function validateReview(check: (report: Report) => void): void {
  const causes: StatusCause[] = [];
  check(report(causes));
  if (causes.length > 0) throw invalid({ group: AUTHORIZATION, kind: "" }, "", causes);
}

/** A review is asked, not kept: it has no name, labels or owners. */
export function validateNoMetadata({ metadata }: KubernetesObject, at: Report, allowed: readonly string[] = []): void {
  const set = Object.entries(metadata ?? {}).filter(
    ([key, value]) => value !== undefined && value !== null && key !== "managedFields" && !allowed.includes(key),
  );
  if (set.length > 0) at.at("metadata").invalid(Object.fromEntries(set), "must be empty");
}

export function validateAttributes(spec: SubjectAccessReviewSpec, at: Report): void {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes && nonResourceAttributes)
    at.at("nonResourceAttributes").invalid(nonResourceAttributes, "cannot be specified in combination with resourceAttributes");
  if (!resourceAttributes && !nonResourceAttributes)
    at.at("resourceAttributes").invalid(null, "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  const { fieldSelector, labelSelector } = resourceAttributes ?? {};
  if (fieldSelector) validateSelector("fieldSelector", fieldSelector, at.at("resourceAttributes", "fieldSelector"));
  if (labelSelector) validateSelector("labelSelector", labelSelector, at.at("resourceAttributes", "labelSelector"));
}

function validateSelector(which: string, selector: FieldSelectorAttributes | LabelSelectorAttributes, at: Report): void {
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector !== "" && requirements.length > 0) {
    at.at("rawSelector").invalid(rawSelector, "may not specified at the same time as requirements");
    return;
  }
  if (rawSelector === "" && requirements.length === 0)
    at.at("requirements").required(`when ${which} is specified, requirements or rawSelector is required`);
  for (const [index, { key, operator, values = [] }] of requirements.entries()) {
    const place = at.at("requirements", index);
    if (key === "") place.at("key").required("must be specified");
    if ((operator === "In" || operator === "NotIn") && values.length === 0)
      place.at("values").required("must be specified when `operator` is 'In' or 'NotIn'");
    if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0)
      place.at("values").forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  }
}

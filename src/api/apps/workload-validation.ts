/** Checks that workloads share: that what they select is what their template makes, and that it goes on for ever. */
import type { DeepReadonly } from "../../base/readonly.ts";
import { validatePodTemplate } from "../core/pod/validation/index.ts";
import type { LabelSelector, PodTemplateSpec } from "../generated/shared.ts";
import { selectorFromObject } from "../selectors/index.ts";
import { validateLabelSelector } from "../validation.ts";
import type { Report } from "../validation-report.ts";

interface Workload {
  selector?: DeepReadonly<LabelSelector> | null;
  template: DeepReadonly<PodTemplateSpec>;
}

/** Selector and template of a workload: the selector picks something, and picks what the template makes. */
export function validateSelectorAndTemplate(workload: DeepReadonly<Workload>, report: Report): void {
  validateSelectorOfTemplate(workload, report);
  validatePodTemplate(workload.template, report.at("template"));
}

/** The selector alone: volumes of a StatefulSet's Pods come from its claims, so their spec is not looked at before there are Pods. */
export function validateSelectorOfTemplate({ selector, template }: DeepReadonly<Workload>, report: Report): void {
  const here = report.at("selector");
  const before = report.errors;
  const labels = template.metadata?.labels ?? {};
  if (!selector) here.required();
  else {
    validateLabelSelector(selector, here);
    if (!Object.keys(selector.matchLabels ?? {}).length && !selector.matchExpressions?.length) {
      here.invalid(selector, "empty selector is invalid for deployment");
    }
  }
  const wellFormed = report.errors === before;
  if (selector && !wellFormed && here.errors > before && hasEntries(selector)) here.invalid(selector, "invalid label selector");
  const matches = wellFormed && selector && selectorFromObject(selector).matches(labels);
  if ((!selector || wellFormed) && !matches)
    report.at("template", "metadata", "labels").invalid(labels, "`selector` does not match template `labels`");
}

const hasEntries = (selector: DeepReadonly<LabelSelector>): boolean =>
  Object.keys(selector.matchLabels ?? {}).length > 0 || (selector.matchExpressions?.length ?? 0) > 0;

/** Containers of a workload are started again whenever they end. */
export function restartsAlways(template: DeepReadonly<PodTemplateSpec>, report: Report): void {
  const policy = template.spec?.restartPolicy;
  if (policy !== "Always") report.at("template", "spec", "restartPolicy").notSupported(policy ?? "", ["Always"]);
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    report.at("template", "spec", "activeDeadlineSeconds").forbidden("activeDeadlineSeconds in ReplicaSet is not Supported");
  }
}

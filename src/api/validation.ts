/** Checks that many kinds share, each reporting at the place it is given. */
import { deepEqual } from "../base/deep-equal.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import { validatePodTemplate } from "./core/pod/validation/index.ts";
import { validateLabelSelector } from "./core/pod/validation/scheduling.ts";
import type { LabelSelector, PodTemplateSpec } from "./generated/shared.ts";
import type { IntOrString } from "./int-or-string.ts";
import { numberOf } from "./integer.ts";
import { portNameErrors, portNumberErrors } from "./names.ts";
import { selectorFromObject } from "./selectors/index.ts";
import type { Report } from "./validation-report.ts";

export { validateLabelSelector };

const NOT_NEGATIVE = "must be greater than or equal to 0";

export function notNegative(value: number | null | undefined, report: Report): void {
  if ((numberOf(value) ?? 0) < 0) report.invalid(value, NOT_NEGATIVE);
}

/** A counter of collisions only grows. */
export function notDecremented(value: number | undefined, previous: number | undefined, report: Report): void {
  if (previous !== undefined && (value ?? -1) < previous) report.invalid(value ?? null, "cannot be decremented");
}

export function positive(value: number | null | undefined, report: Report): void {
  if ((numberOf(value) ?? 1) <= 0) report.invalid(value, "must be greater than zero");
}

/** Reports every complaint of a rule of names about a text. */
export function follows(text: string, rule: (text: string) => readonly string[], report: Report): void {
  for (const complaint of rule(text)) report.invalid(text, complaint);
}

/** The same for a text that must be there. */
export function requiredBy(text: string | null | undefined, rule: (text: string) => readonly string[], report: Report): void {
  if (!text) report.required();
  else follows(text, rule, report);
}

/** One of a list, which must be given. */
export function requiredOneOf(value: string | null | undefined, supported: readonly string[], report: Report): void {
  if (!value) report.required();
  else oneOf(value, supported, report);
}

export function oneOf(value: string | undefined, supported: readonly string[], report: Report): void {
  if (!supported.includes(value ?? "")) report.notSupported(value ?? "", supported);
}

export function immutable(value: unknown, previous: unknown, report: Report): void {
  if (!deepEqual(value, previous)) report.invalid(value, "field is immutable");
}

/** At most one of the fields. */
export function exclusive<T extends object>(
  object: DeepReadonly<T>,
  fields: readonly (keyof T & string)[],
  report: Report,
): void {
  if (fields.filter((field) => (object as Record<string, unknown>)[field] !== undefined).length > 1) {
    report.invalid(object, `${fields.join(" and ")} cannot be both set`);
  }
}

/** A number that is not negative, or a percentage; `most100` refuses more than 100%. */
export function intOrPercent(
  value: IntOrString | undefined,
  report: Report,
  { most100 = false }: { most100?: boolean } = {},
): void {
  if (value === undefined) return;
  if (typeof value === "number") return notNegative(value, report);
  const percent = /^(\d+)%$/.exec(value)?.[1];
  if (percent === undefined)
    report.invalid(
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    );
  else if (most100 && Number(percent) > 100) report.invalid(value, "must not be greater than 100%");
}

/** A port's number, or the name of a container's port. */
export const portOrNameErrors = (port: number | string | undefined): string[] =>
  typeof port === "string" ? portNameErrors(port) : portNumberErrors(port ?? 0);

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

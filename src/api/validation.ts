/** Checks that many kinds share, each reporting at the place it is given. */
import { deepEqual } from "../base/deep-equal.ts";
import type { DeepReadonly } from "../base/readonly.ts";
import type { LabelSelector } from "./generated/shared.ts";
import type { IntOrString } from "./int-or-string.ts";
import { numberOf } from "./integer.ts";
import { labelValueErrors, portNameErrors, portNumberErrors, qualifiedNameErrors } from "./names.ts";
import type { Report } from "./validation-report.ts";

const NOT_NEGATIVE = "must be greater than or equal to 0";

export function notNegative(value: number | null | undefined, report: Report): void {
  if ((numberOf(value) ?? 0) < 0) report.invalid(value, NOT_NEGATIVE);
}

/** A counter of collisions only grows. */
export function notDecremented(value: number | undefined, previous: number | undefined, report: Report): void {
  if (previous !== undefined && (value ?? -1) < previous) report.invalid(value ?? null, "cannot be decremented");
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

export function validateLabelKey(key: string, report: Report): void {
  for (const complaint of qualifiedNameErrors(key)) report.invalid(key, complaint);
}

export function validateLabelSelector(selector: DeepReadonly<LabelSelector> | null | undefined, report: Report): void {
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    validateLabelKey(key, report.at("matchLabels"));
    for (const complaint of labelValueErrors(value)) report.at("matchLabels").invalid(value, complaint);
  }
  selector?.matchExpressions?.forEach(({ key, operator, values = [] }, index) => {
    const here = report.at("matchExpressions", index);
    validateLabelKey(key, here.at("key"));
    switch (operator) {
      case "In":
      case "NotIn":
        if (values.length === 0) here.at("values").required("must be specified when `operator` is 'In' or 'NotIn'");
        break;
      case "Exists":
      case "DoesNotExist":
        if (values.length > 0) here.at("values").forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        break;
      default:
        here.at("operator").invalid(operator, "not a valid selector operator");
    }
    values.forEach((value, position) => {
      for (const complaint of labelValueErrors(value)) here.at("values", position).invalid(value, complaint);
    });
  });
}

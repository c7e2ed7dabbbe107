/**
 * Where validation says what is wrong: every field error at once, each with the path of its field and upstream's words.
 *
 * A `Report` is a place in the object. `at()` steps down without building the path; the path is built only when something is wrong.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { StatusCause } from "./errors.ts";

export type PathSegment = string | number | { key: string };

export interface Report {
  /** The report of a field below this one: names, list indexes, and `{ key }` for a map's entry. */
  at(...segments: readonly PathSegment[]): Report;
  /** `Invalid value: …: detail` */
  invalid(value: unknown, detail: string): void;
  /** `Required value: detail` */
  required(detail?: string): void;
  /** `Unsupported value: …: supported values: …`, in the order given. */
  notSupported(value: unknown, supported: readonly string[]): void;
  /** `Forbidden: detail` */
  forbidden(detail: string): void;
  /** `Duplicate value: …` */
  duplicate(value: unknown): void;
  /** `Not found: …` */
  notFound(value: unknown): void;
  /** `Too long: may not be more than N bytes` */
  tooLong(maximum: number): void;
  /** `Too many: N: must have at most M items` */
  tooMany(actual: number, maximum: number): void;
  /** `Invalid value: …: detail`, reason FieldValueTypeInvalid. */
  typeInvalid(value: unknown, detail: string): void;
  /** `Internal error: detail` */
  internal(detail: string): void;
  /** How many errors the whole validation has found so far. */
  readonly errors: number;
}

interface Place {
  readonly parent: Place | undefined;
  readonly segment: PathSegment;
}

function pathOf(place: Place | undefined): string {
  if (place === undefined) return "";
  const before = pathOf(place.parent);
  const { segment } = place;
  if (typeof segment === "number") return `${before}[${segment}]`;
  if (typeof segment === "object") return `${before}[${segment.key}]`;
  return before === "" ? segment : `${before}.${segment}`;
}

/** A value as messages show it: strings quoted, objects as JSON. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "null";
  return JSON.stringify(value);
}

/** Starts a validation: errors are appended to `causes`. */
export function report(causes: StatusCause[], place?: Place): Report {
  const add = (reason: string, message: string): void => {
    causes.push({ reason, message, field: pathOf(place) });
  };
  return {
    at(...segments) {
      let below = place;
      for (const segment of segments) below = { parent: below, segment };
      return report(causes, below);
    },
    invalid: (value, detail) => add("FieldValueInvalid", `Invalid value: ${shown(value)}: ${detail}`),
    required: (detail = "") => add("FieldValueRequired", detail === "" ? "Required value" : `Required value: ${detail}`),
    notSupported: (value, supported) =>
      add(
        "FieldValueNotSupported",
        `Unsupported value: ${shown(value)}${supported.length ? `: supported values: ${supported.map((each) => JSON.stringify(each)).join(", ")}` : ""}`,
      ),
    forbidden: (detail) => add("FieldValueForbidden", `Forbidden: ${detail}`),
    duplicate: (value) => add("FieldValueDuplicate", `Duplicate value: ${shown(value)}`),
    notFound: (value) => add("FieldValueNotFound", `Not found: ${shown(value)}`),
    tooLong: (maximum) => add("FieldValueTooLong", `Too long: may not be more than ${maximum} bytes`),
    tooMany: (actual, maximum) => add("FieldValueTooMany", `Too many: ${actual}: must have at most ${maximum} items`),
    typeInvalid: (value, detail) => add("FieldValueTypeInvalid", `Invalid value: ${shown(value)}: ${detail}`),
    internal: (detail) => add("InternalError", `Internal error: ${detail}`),
    get errors() {
      return causes.length;
    },
  };
}

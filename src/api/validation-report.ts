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

/** Stands for a value that a message does not show: `Invalid value: detail`. */
export const OMITTED: unique symbol = Symbol("omitted");

/** A value as messages show it: strings quoted, objects as JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return "null";
  return JSON.stringify(value);
}

/** A class, because validation makes one for each field that it visits: methods on a prototype cost nothing, closures would. */
class Place implements Report {
  readonly #causes: StatusCause[];
  readonly #parent: Place | undefined;
  readonly #segment: PathSegment;

  constructor(causes: StatusCause[], parent: Place | undefined, segment: PathSegment) {
    this.#causes = causes;
    this.#parent = parent;
    this.#segment = segment;
  }

  get errors(): number {
    return this.#causes.length;
  }

  at(...segments: readonly PathSegment[]): Place {
    let below: Place = this;
    for (const segment of segments) below = new Place(this.#causes, below, segment);
    return below;
  }

  invalid(value: unknown, detail: string): void {
    this.#add("FieldValueInvalid", value === OMITTED ? `Invalid value: ${detail}` : `Invalid value: ${shown(value)}: ${detail}`);
  }

  required(detail = ""): void {
    this.#add("FieldValueRequired", detail === "" ? "Required value" : `Required value: ${detail}`);
  }

  notSupported(value: unknown, supported: readonly string[]): void {
    const choices = supported.map((each) => JSON.stringify(each)).join(", ");
    const known = choices === "" ? "" : `: supported values: ${choices}`;
    this.#add("FieldValueNotSupported", `Unsupported value: ${shown(value)}${known}`);
  }

  forbidden(detail: string): void {
    this.#add("FieldValueForbidden", `Forbidden: ${detail}`);
  }

  duplicate(value: unknown): void {
    this.#add("FieldValueDuplicate", `Duplicate value: ${shown(value)}`);
  }

  notFound(value: unknown): void {
    this.#add("FieldValueNotFound", `Not found: ${shown(value)}`);
  }

  tooLong(maximum: number): void {
    this.#add("FieldValueTooLong", `Too long: may not be more than ${maximum} bytes`);
  }

  tooMany(actual: number, maximum: number): void {
    this.#add("FieldValueTooMany", `Too many: ${actual}: must have at most ${maximum} items`);
  }

  typeInvalid(value: unknown, detail: string): void {
    this.#add("FieldValueTypeInvalid", `Invalid value: ${shown(value)}: ${detail}`);
  }

  internal(detail: string): void {
    this.#add("InternalError", `Internal error: ${detail}`);
  }

  #add(reason: string, message: string): void {
    this.#causes.push({ reason, message, field: this.#path() });
  }

  #path(): string {
    const before = this.#parent === undefined ? "" : this.#parent.#path();
    const segment = this.#segment;
    if (typeof segment === "number") return `${before}[${segment}]`;
    if (typeof segment === "object") return `${before}[${segment.key}]`;
    return before === "" ? segment : `${before}.${segment}`;
  }
}

/** Starts a validation: errors are appended to `causes`. */
export const report = (causes: StatusCause[]): Report => new Place(causes, undefined, "");

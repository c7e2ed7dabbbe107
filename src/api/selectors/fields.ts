/**
 * Field selectors: `status.phase!=Running,metadata.name=a`. Which fields a resource knows is its row's; others are an error.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import { badRequest } from "../errors.ts";

export interface FieldRequirement {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

export interface FieldMatcher {
  readonly requirements: readonly FieldRequirement[];
  /** `fields` has every selectable field of the object. */
  matches(fields: Readonly<Record<string, string>>): boolean;
  /** The value that the field must have, where the selector says so. */
  exactly(field: string): string | undefined;
}

const ESCAPES = /\\([\\,=])/g;

/** Splits at commas that no backslash escapes. */
const termsOf = (text: string): string[] => text.match(/(?:\\.|[^,\\])+/g) ?? [];

function requirementOf(text: string, term: string): FieldRequirement {
  const found = /^((?:\\.|[^\\=!])*?)(!=|==|=)(.*)$/s.exec(term);
  const [, field = "", operator = "", raw = ""] = found ?? [];
  if (found === null || /(^|[^\\])(?:\\\\)*=/.test(raw))
    throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
  return { field, operator: operator === "!=" ? "!=" : "=", value: raw.replace(ESCAPES, "$1") };
}

/** Parses a query string. Throws ApiError 400 in upstream's words; with `known`, also for fields that are not among them. */
export function parseFieldSelector(text: string, known?: ReadonlySet<string>): FieldMatcher {
  const requirements = termsOf(text).map((term) => requirementOf(text, term));
  const unknown = requirements.find(({ field }) => known !== undefined && !known.has(field));
  if (unknown !== undefined) throw badRequest(`field label not supported: ${unknown.field}`);
  return {
    requirements,
    matches: (fields) =>
      requirements.every(({ field, operator, value }) => ((fields[field] ?? "") === value) === (operator === "=")),
    exactly: (field) => requirements.find((each) => each.field === field && each.operator === "=")?.value,
  };
}

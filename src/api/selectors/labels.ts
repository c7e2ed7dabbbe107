/**
 * Label selectors: from a query string or a LabelSelector object to a matcher, with errors in upstream's words.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { badRequest } from "../errors.ts";
import type { LabelSelector } from "../generated/shared.ts";
import { labelValueErrors, qualifiedNameErrors } from "../names.ts";

export type LabelOperator = "=" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** One for `=`, `!=`, `gt` and `lt`; none for `exists` and `!`. */
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>> | undefined;

export interface LabelMatcher {
  /** All must hold. */
  readonly requirements: readonly LabelRequirement[];
  /** False where nothing can match: the selector of an absent LabelSelector. */
  readonly matchesSomething: boolean;
  matches(labels: Labels): boolean;
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const INTEGER = /^[-+]?\d+$/;

export function requirementMatches({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels ?? NO_LABELS, key) ? labels?.[key] : undefined;
  switch (operator) {
    case "=":
      return value === values[0];
    case "!=":
      return value !== values[0];
    case "in":
      return value !== undefined && values.includes(value);
    case "notin":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
      return value !== undefined && INTEGER.test(value) && BigInt(value) > BigInt(values[0] ?? 0);
    case "lt":
      return value !== undefined && INTEGER.test(value) && BigInt(value) < BigInt(values[0] ?? 0);
  }
}

/** A matcher for labels of which all requirements hold. */
export const allRequirements = (requirements: readonly LabelRequirement[]): LabelMatcher => ({
  requirements,
  matchesSomething: true,
  matches: (labels) => requirements.every((requirement) => requirementMatches(requirement, labels)),
});

export const EVERYTHING: LabelMatcher = allRequirements([]);
export const NOTHING: LabelMatcher = { requirements: [], matchesSomething: false, matches: () => false };

/** A map of labels, all of which must be there. */
export const selectorFromLabels = (labels: Readonly<Record<string, string>> | undefined): LabelMatcher =>
  allRequirements(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: "=", values: [value] })));

const OPERATORS: Readonly<Record<string, LabelOperator>> = { In: "in", NotIn: "notin", Exists: "exists", DoesNotExist: "!" };

/** Absent selects nothing, empty selects everything. Throws ApiError 400 for an operator that does not exist. */
export function selectorFromObject(selector: DeepReadonly<LabelSelector> | null | undefined): LabelMatcher {
  if (!selector) return NOTHING;
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }): LabelRequirement => {
    const known = OPERATORS[operator];
    if (known === undefined) throw badRequest(`"${operator}" is not a valid label selector operator`);
    return { key, operator: known, values: values ?? [] };
  });
  return allRequirements([...selectorFromLabels(selector.matchLabels).requirements, ...expressions]);
}

interface Parser {
  readonly tokens: readonly string[];
  at: number;
}

const TOKEN = /\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)/y;
const SPECIAL = /^(==|!=|[=!<>(),])?$/;
const BINARY = "in, notin, =, ==, !=, gt, lt";

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) tokens.push(found[1] ?? "");
  return tokens;
}

const peek = ({ tokens, at }: Parser): string => tokens[at] ?? "";
const next = (parser: Parser): string => parser.tokens[parser.at++] ?? "";
const isIdentifier = (token: string): boolean => !SPECIAL.test(token);

const unparsable = (found: string, expected: string): Error =>
  badRequest(`unable to parse requirement: found '${found}', expected: ${expected}`);

function readKey(parser: Parser): string {
  const key = next(parser);
  if (!isIdentifier(key)) throw unparsable(key, "identifier");
  const [error] = qualifiedNameErrors(key);
  if (error !== undefined)
    throw badRequest(`unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: ${error}`);
  return key;
}

function checkValue(key: string, value: string): string {
  const [error] = labelValueErrors(value);
  if (error !== undefined)
    throw badRequest(`unable to parse requirement: values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${error}`);
  return value;
}

/** The value after `=`: an empty one is no token. */
function readExactValue(parser: Parser, key: string): string[] {
  const token = peek(parser);
  if (token === "" || token === ",") return [""];
  if (!isIdentifier(token)) throw unparsable(token, "identifier");
  return [checkValue(key, next(parser))];
}

function readValues(parser: Parser, key: string): string[] {
  const open = next(parser);
  if (open !== "(") throw badRequest(`unable to parse requirement: found '${open}' expected: '('`);
  const values: string[] = [];
  let value = "";
  for (;;) {
    const token = next(parser);
    if (isIdentifier(token)) value = checkValue(key, token);
    else if (token === "," || token === ")") {
      values.push(value);
      value = "";
      if (token === ")") return [...new Set(values)];
    } else throw unparsable(token, "',', ')' or identifier");
  }
}

function readInteger(parser: Parser, key: string): string[] {
  const [value = ""] = readExactValue(parser, key);
  if (!INTEGER.test(value))
    throw badRequest(
      `unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  return [value];
}

function readRequirement(parser: Parser): LabelRequirement {
  if (peek(parser) === "!") {
    parser.at++;
    return { key: readKey(parser), operator: "!", values: [] };
  }
  const key = readKey(parser);
  const operator = peek(parser);
  if (operator === "" || operator === ",") return { key, operator: "exists", values: [] };
  parser.at++;
  switch (operator) {
    case "=":
    case "==":
      return { key, operator: "=", values: readExactValue(parser, key) };
    case "!=":
      return { key, operator: "!=", values: readExactValue(parser, key) };
    case "in":
    case "notin":
      return { key, operator, values: readValues(parser, key) };
    case ">":
      return { key, operator: "gt", values: readInteger(parser, key) };
    case "<":
      return { key, operator: "lt", values: readInteger(parser, key) };
    default:
      throw unparsable(operator, BINARY);
  }
}

/** Parses a query string such as `app in (a,b),!canary`. Throws ApiError 400 in upstream's words. */
export function parseLabelSelector(text: string): LabelMatcher {
  const parser: Parser = { tokens: tokensOf(text), at: 0 };
  const requirements: LabelRequirement[] = [];
  while (peek(parser) !== "") {
    const first = peek(parser);
    if (first !== "!" && !isIdentifier(first)) throw badRequest(`found '${first}', expected: !, identifier, or 'end of string'`);
    requirements.push(readRequirement(parser));
    const separator = next(parser);
    if (separator === "") break;
    if (separator !== ",") throw badRequest(`found '${separator}', expected: ',' or 'end of string'`);
    const after = peek(parser);
    if (after !== "!" && !isIdentifier(after)) throw badRequest(`found '${after}', expected: identifier after ','`);
  }
  return requirements.length === 0 ? EVERYTHING : allRequirements(requirements);
}

/** The selector as a query string. */
export function formatLabelSelector({ requirements }: LabelMatcher): string {
  return requirements
    .map(({ key, operator, values }) => {
      if (operator === "exists") return key;
      if (operator === "!") return `!${key}`;
      if (operator === "in" || operator === "notin") return `${key} ${operator} (${values.toSorted().join(",")})`;
      return `${key}${operator === "gt" ? ">" : operator === "lt" ? "<" : operator}${values[0] ?? ""}`;
    })
    .join(",");
}

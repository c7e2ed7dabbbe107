/**
 * The simple JSONPath of printer columns: members, indexes, wildcards, slices and filters that compare with a literal. A path that
 * cannot be read finds nothing.
 * https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
type Step = (values: readonly unknown[]) => unknown[];

/** Finds what the path leads to in a document, in order. */
export type Finder = (document: unknown) => readonly unknown[];

const MEMBER = /\.([\w$-]+(?:\\.[\w$-]*)*)/y;
const QUOTED = /\[(['"])(.*?)\1\]/y;
const INDEX = /\[(-?\d+)\]/y;
const SLICE = /\[(-?\d*):(-?\d*)\]/y;
const ALL = /\.\*|\[\*\]/y;
const FILTER = /\[\?\(@((?:\.[\w$-]+|\[['"][^'"]+['"]\])+)\s*(?:(==|!=|<=|>=|<|>)\s*('[^']*'|"[^"]*"|[-\w.]+))?\s*\)\]/y;

export function jsonPath(path: string): Finder {
  const steps = parseSteps(path.startsWith("{") && path.endsWith("}") ? path.slice(1, -1) : path);
  if (steps === undefined) return () => [];
  return (document) => steps.reduce<readonly unknown[]>((values, step) => step(values), [document]);
}

type Grammar = readonly [pattern: RegExp, make: (match: readonly string[]) => Step];

const GRAMMAR: readonly Grammar[] = [
  [ALL, () => (values) => values.flatMap(childrenOf)],
  [MEMBER, ([, name = ""]) => member(name.replaceAll("\\.", "."))],
  [QUOTED, ([, , name = ""]) => member(name)],
  [
    INDEX,
    ([, index = "0"]) =>
      (values) =>
        values.flatMap((value) => (Array.isArray(value) ? present(value.at(Number(index))) : [])),
  ],
  [
    SLICE,
    ([, start = "", end = ""]) =>
      (values) =>
        values.flatMap((value) =>
          Array.isArray(value) ? (value.slice(Number(start), end === "" ? undefined : Number(end)) as unknown[]) : [],
        ),
  ],
  [FILTER, ([, path = "", operator, literal]) => filter(jsonPath(path), operator, literal)],
];

function parseSteps(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let at = path.startsWith("$") ? 1 : 0;
  while (at < path.length) {
    const found = stepAt(path, at);
    if (found === undefined) return undefined;
    steps.push(found.step);
    at = found.end;
  }
  return steps;
}

function stepAt(path: string, at: number): { step: Step; end: number } | undefined {
  for (const [pattern, make] of GRAMMAR) {
    pattern.lastIndex = at;
    const match = pattern.exec(path);
    if (match !== null) return { step: make(match), end: pattern.lastIndex };
  }
  return undefined;
}

const present = (value: unknown): unknown[] => (value === undefined || value === null ? [] : [value]);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const member =
  (name: string): Step =>
  (values) =>
    values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? present(value[name]) : []));

const childrenOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : isObject(value) ? Object.values(value) : [];

function filter(find: Finder, operator: string | undefined, literal: string | undefined): Step {
  const wanted = literal === undefined ? undefined : literalOf(literal);
  const holds = (value: unknown): boolean => {
    const [found] = find(value);
    if (operator === undefined) return found !== undefined;
    return found !== undefined && compare(found, operator, wanted);
  };
  return (values) => values.flatMap((value) => (Array.isArray(value) ? value.filter(holds) : []));
}

function literalOf(text: string): unknown {
  if (/^['"]/.test(text)) return text.slice(1, -1);
  if (text === "true" || text === "false") return text === "true";
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function compare(found: unknown, operator: string, wanted: unknown): boolean {
  if (operator === "==") return found === wanted;
  if (operator === "!=") return found !== wanted;
  if (typeof found !== typeof wanted || (typeof found !== "number" && typeof found !== "string")) return false;
  const [a, b] = [found, wanted as typeof found];
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    default:
      return a >= b;
  }
}

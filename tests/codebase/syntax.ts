/** What the codebase tests ask of a source file's syntax: its functions, what it exports and what it takes from other files. */
import { dirname, join } from "node:path";
import { parseAst } from "vitest/node";
import type { SourceFile } from "./sources.ts";

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

export interface FunctionFound {
  /** Of the function, or of what it is the value of; `?` where nothing names it. */
  readonly name: string;
  readonly lines: number;
}

/** The names that a file takes from another one; `*` for all. */
export interface Taken {
  readonly from: string;
  readonly names: readonly string[];
}

export interface Syntax {
  readonly functions: readonly FunctionFound[];
  /** Values that the file itself declares and exports. Types are part of what speaks of them. */
  readonly exported: readonly string[];
  /** From other files of the repository: imports, re-exports and imports by a call. */
  readonly taken: readonly Taken[];
}

const isNode = (value: unknown): value is SyntaxNode => typeof (value as SyntaxNode | null)?.type === "string";
const nodesIn = (value: unknown): SyntaxNode[] => (Array.isArray(value) ? value : [value]).filter(isNode);

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (const name in node) {
    const member = node[name];
    if (typeof member === "object" && member !== null) children.push(...nodesIn(member));
  }
  return children;
}

/** The text of an identifier or of a string; undefined for what has no name of its own. */
function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node.name ?? node.value;
  return typeof name === "string" ? name : undefined;
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

function functionsIn(text: string, node: SyntaxNode, given: string | undefined, found: FunctionFound[]): void {
  const named = nameOf(node.id) ?? nameOf(node.key) ?? given;
  if (FUNCTIONS.has(node.type) && isNode(node.body)) {
    found.push({ name: named ?? "?", lines: text.slice(node.start, node.end).split("\n").length });
  }
  for (const child of childrenOf(node)) functionsIn(text, child, named, found);
}

function declaredIn(declaration: SyntaxNode): string[] {
  const declarators = nodesIn(declaration.declarations);
  const own = nameOf(declaration.id);
  return [...(own === undefined ? [] : [own]), ...declarators.flatMap(({ id }) => nameOf(id) ?? [])];
}

function exportedBy(statements: readonly SyntaxNode[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.type !== "ExportNamedDeclaration" || isNode(statement.source) || statement.exportKind === "type") return [];
    if (isNode(statement.declaration)) return declaredIn(statement.declaration);
    return nodesIn(statement.specifiers).flatMap(({ exported }) => nameOf(exported) ?? []);
  });
}

/** `import { a }`, `export { a } from`, `import * as a` and `export * from`. */
function namesTaken(statement: SyntaxNode): string[] {
  if (statement.type === "ExportAllDeclaration") return ["*"];
  return nodesIn(statement.specifiers).flatMap((specifier) => {
    if (specifier.type === "ImportNamespaceSpecifier") return ["*"];
    return nameOf(specifier.imported) ?? nameOf(specifier.local) ?? [];
  });
}

/** What is awaited of an import by a call is not followed: it takes everything. */
function importsByCall(node: SyntaxNode): string[] {
  const inner = childrenOf(node).flatMap(importsByCall);
  const target = node.type === "ImportExpression" || node.type === "TSImportType" ? nameOf(node.source) : undefined;
  return target === undefined ? inner : [target, ...inner];
}

const known = new Map<string, Syntax>();

export function syntaxOf(file: SourceFile): Syntax {
  const syntax = known.get(file.path) ?? read(file);
  known.set(file.path, syntax);
  return syntax;
}

function read({ path, text }: SourceFile): Syntax {
  const program = parseAst(text, { lang: "ts" }) as unknown as SyntaxNode;
  const statements = nodesIn(program.body);
  const functions: FunctionFound[] = [];
  functionsIn(text, program, undefined, functions);
  const byStatement = statements.flatMap((statement) => {
    const from = nameOf(statement.source);
    return from === undefined ? [] : [{ from, names: namesTaken(statement) }];
  });
  const byCall = (text.includes("import(") ? importsByCall(program) : []).map((from) => ({ from, names: ["*"] }));
  const taken = [...byStatement, ...byCall]
    .filter(({ from }) => from.startsWith("."))
    .map(({ from, names }) => ({ from: join(dirname(path), from), names }));
  return { functions, exported: exportedBy(statements), taken };
}

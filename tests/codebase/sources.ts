/** The repository's own source files, as the codebase tests read them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export interface SourceFile {
  /** Relative to the root. */
  path: string;
  text: string;
  /** Import specifiers that lead to other files of the repository, resolved and relative to the root. */
  imports: string[];
  /** Bare specifiers: packages and `node:` modules. `lazy` where imported by a call. */
  packages: { name: string; lazy: boolean; typeOnly: boolean }[];
}

/** Files that git tracks or would track, that still exist. */
export function repositoryFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  return [...new Set(listed.split("\n"))].filter((path) => path !== "" && existsSync(join(root, path)));
}

const IMPORT = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
const LAZY_IMPORT = /\bimport\(\s*"([^"]+)"\s*\)/g;

export function sourceFile(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const file: SourceFile = { path, text, imports: [], packages: [] };
  const add = (specifier: string, lazy: boolean, typeOnly: boolean): void => {
    if (specifier.startsWith(".")) file.imports.push(relative(root, resolve(join(root, dirname(path)), specifier)));
    else file.packages.push({ name: specifier, lazy, typeOnly });
  };
  for (const [, typeOnly, specifier] of text.matchAll(IMPORT)) if (specifier) add(specifier, false, typeOnly !== undefined);
  for (const [, specifier] of text.matchAll(LAZY_IMPORT)) if (specifier) add(specifier, true, false);
  return file;
}

export const isTest = (path: string): boolean => path.endsWith(".test.ts");
export const isGenerated = (path: string): boolean => path.includes("/generated/");

/** TypeScript below src/, without tests. */
export const productSources = (): SourceFile[] =>
  repositoryFiles()
    .filter((path) => path.startsWith("src/") && path.endsWith(".ts") && !isTest(path))
    .map(sourceFile);

import { describe, expect, test } from "vitest";
import { LARGE_FILES, LARGE_FUNCTIONS } from "./allowed.ts";
import { isGenerated, isTest, productSources, repositoryFiles, type SourceFile, sourceFile } from "./sources.ts";
import { syntaxOf } from "./syntax.ts";

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 70;

const lineCount = (text: string): number => text.split("\n").length - 1;

const longFunctions = (file: SourceFile): string[] =>
  syntaxOf(file)
    .functions.filter(({ lines }) => lines > MAX_FUNCTION_LINES)
    .map(({ name }) => `${file.path} ${name}`);

/** Calls that only src/base may make: everything else takes a Clock and Entropy. */
const BANNED: readonly [RegExp, string][] = [
  [/\bDate\.now\(/, "Date.now"],
  [/\bnew Date\(\)/, "new Date()"],
  [/\bsetTimeout\(/, "setTimeout"],
  [/\bsetInterval\(/, "setInterval"],
  [/\bsetImmediate\(/, "setImmediate"],
  [/\bMath\.random\(/, "Math.random"],
  [/\brandomUUID\(/, "randomUUID"],
  [/\bperformance\.now\(/, "performance.now"],
  [/\bnew Function\(/, "new Function"],
];

const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

describe("style", () => {
  const sources = productSources().filter(({ path }) => !isGenerated(path));

  test(`files have at most ${MAX_FILE_LINES} lines`, () => {
    const large = sources.filter(({ text }) => lineCount(text) > MAX_FILE_LINES).map(({ path }) => path);
    expect(large.filter((path) => !LARGE_FILES.includes(path))).toEqual([]);
    expect(
      LARGE_FILES.filter((path) => !large.includes(path)),
      "no longer large: shorten the list",
    ).toEqual([]);
  });

  test(`functions have at most ${MAX_FUNCTION_LINES} lines`, () => {
    const long = sources.flatMap(longFunctions);
    expect(long.filter((each) => !LARGE_FUNCTIONS.includes(each))).toEqual([]);
    expect(
      LARGE_FUNCTIONS.filter((each) => !long.includes(each)),
      "no longer long: shorten the list",
    ).toEqual([]);
  });

  test("time and chance come from base alone", () => {
    const wrong = sources
      .filter(({ path }) => !path.startsWith("src/base/"))
      .flatMap(({ path, text }) =>
        BANNED.filter(([pattern]) => pattern.test(code(text))).map(([, name]) => `${path} calls ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test("files are named by kebab-case nouns", () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc|manager2)(\.ts|\/)/;
    const wrong = sources.filter(({ path }) => !/^[a-z0-9./-]+$/.test(path) || vague.test(path)).map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  test("every file says in its head what it is", () => {
    const wrong = sources.filter(({ text }) => !/^(#!.*\n)?\/(\*\*|\/)/.test(text)).map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  test("no unfinished work is marked", () => {
    const mark = new RegExp(["TO" + "DO", "FIX" + "ME", "not (yet )?implemented"].join("|"));
    const wrong = repositoryFiles()
      .filter((path) => /^(src|tests|scripts|bench|dashboard)\/.*\.tsx?$/.test(path))
      .map(sourceFile)
      .filter(({ text }) => mark.test(text))
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });

  test("no test is skipped for good or runs alone", () => {
    const wrong = repositoryFiles()
      .filter(isTest)
      .map(sourceFile)
      .filter(
        ({ path, text }) => path !== "tests/codebase/style.test.ts" && /\b(it|test|describe)\.(skip|only|todo)\b/.test(text),
      )
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});

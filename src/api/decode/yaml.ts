/**
 * YAML bodies, read as upstream's JSON converter reads them: YAML 1.1 words for booleans, keys made strings, no times and no base-60
 * numbers. The library is loaded when the first such body comes.
 */
import type { DocumentOptions, ParseOptions, SchemaOptions, Tags } from "yaml";
import { DecodeError } from "./pass.ts";

type Options = ParseOptions & DocumentOptions & SchemaOptions;
type Yaml = typeof import("yaml");

let yaml: Yaml | undefined;

/** Must have been awaited before a YAML body is decoded. */
export async function prepareYaml(): Promise<void> {
  if (yaml) return;
  const module: Yaml & { default?: Yaml } = await import("yaml");
  // Bundled, the library's CommonJS form comes as the default export.
  yaml = module.default ?? module;
}

/** Tags of YAML 1.1 that the converter does not know. */
const LEFT_OUT = new Set([
  "tag:yaml.org,2002:timestamp",
  "tag:yaml.org,2002:binary",
  "tag:yaml.org,2002:set",
  "tag:yaml.org,2002:omap",
]);

const OPTIONS: Options = {
  version: "1.1",
  uniqueKeys: false,
  stringKeys: false,
  customTags: (tags: Tags) =>
    tags.filter((tag) => typeof tag === "string" || !(LEFT_OUT.has(tag.tag) || ("format" in tag && tag.format === "TIME"))),
};

export interface YamlValue {
  value: unknown;
  /** `line 3: key "a" already set in map`. */
  duplicates: string[];
}

export function parseYaml(text: string): YamlValue {
  if (yaml === undefined) throw new Error("prepareYaml() must be awaited before a YAML body is decoded");
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { ...OPTIONS, lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw new DecodeError(`error converting YAML to JSON: yaml: ${error.message.split("\n")[0]}`);
  const duplicates: string[] = [];
  yaml.visit(document, {
    Map(_key, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String((key as { value?: unknown } | null)?.value ?? key);
        const offset = (key as { range?: [number, number, number] } | null)?.range?.[0] ?? 0;
        if (seen.has(name)) duplicates.push(`line ${lines.linePos(offset).line}: key ${JSON.stringify(name)} already set in map`);
        seen.add(name);
      }
    },
  });
  return { value: document.toJS({ maxAliasCount: 10_000 }) as unknown, duplicates };
}

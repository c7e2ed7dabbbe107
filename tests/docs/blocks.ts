/** Commands in documents: blocks in fences of `sh`, and of `sh real` where they need real containers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

export interface Block {
  file: string;
  line: number;
  commands: string[];
}

export function blocksOf(file: string, kind: "sh" | "sh real"): Block[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((match) => ({
    file,
    line: text.slice(0, match.index).split("\n").length + 1,
    commands: (match[1] ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#")),
  }));
}

export const guides = (): string[] => readdirSync(join(root, "docs/guides")).map((name) => join("docs/guides", name));

export const exampleReadmes = (): string[] =>
  readdirSync(join(root, "examples")).map((name) => join("examples", name, "README.md"));

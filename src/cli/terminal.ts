/** How commands write for people: with colours where a terminal shows them (never with NO_COLOR), in columns that are aligned. */
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Colours text for standard output. https://no-color.org */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

const GAP = "  ";
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them.
const COLOURS = /\u001b\[[0-9;]*m/g;

const widthOf = (text: string): number => text.replace(COLOURS, "").length;

/** Rows with each column as wide as its widest cell; the last is not filled up. */
export function columns(rows: readonly (readonly string[])[], indent = ""): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  return rows.map((row) =>
    `${indent}${row.map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - widthOf(cell))).join(GAP)}`.trimEnd(),
  );
}

/** How commands write for people: with colours where a terminal shows them, and never with NO_COLOR. */
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Colours text for standard output. https://no-color.org */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

/** Amounts that are a number or a percentage of another one, `3` or `"25%"`, and their sums. */
import { type IntOrString, scaledValue as scaled } from "../api/int-or-string.ts";

/** 0 where there is none, or none that says how much. */
export const scaledValue = (value: IntOrString | undefined, total: number, round: "up" | "down"): number =>
  scaled(value ?? 0, total, round) ?? 0;

export const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};

/** An amount that is a number or a percentage of another one: `3`, `"25%"`. */
export type IntOrPercent = number | string;

export function scaledValue(value: IntOrPercent | undefined, total: number, round: "up" | "down"): number {
  if (value === undefined) return 0;
  if (typeof value === "number") return value;
  const percent = Number.parseInt(value, 10);
  if (!value.endsWith("%") || Number.isNaN(percent)) return 0;
  return round === "up" ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}

export const sum = (numbers: Iterable<number>): number => {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
};

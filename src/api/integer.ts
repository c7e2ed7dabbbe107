/**
 * Integers of 64 bits as objects have them: numbers, or raw JSON numbers (`JSON.rawJSON`) where a double would lose digits.
 * Arithmetic on a raw number throws, so whoever compares a 64-bit field asks here.
 */

/** The nearest double: enough for every comparison against a bound of the API. */
export function numberOf(value: number): number;
export function numberOf(value: number | null | undefined): number | undefined;
export function numberOf(value: number | null | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "number" ? value : Number((value as unknown as { rawJSON: string }).rawJSON);
}

/**
 * Sets of completion indexes as texts: `1,3-5,7`, ascending.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy
 */

/** The ranges of a text, both ends included. Throws an Error that says what is wrong; `completions` bounds them. */
export function parseIndexes(text: string, completions: number): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  if (text === "") return ranges;
  let last = -1;
  for (const interval of text.split(",")) {
    const [low, high, ...more] = interval.split("-");
    if (more.length > 0)
      throw new Error(
        `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`,
      );
    const start = indexOf(low ?? "");
    const end = high === undefined ? start : indexOf(high);
    for (const index of [start, end])
      if (index >= completions) throw new Error(`too large index: ${JSON.stringify(String(index))}`);
    if (last >= start) throw new Error(`non-increasing order, previous: ${last}, current: ${start}`);
    if (high !== undefined && start >= end) throw new Error(`non-increasing order, previous: ${start}, current: ${end}`);
    ranges.push([start, end]);
    last = end;
  }
  return ranges;
}

function indexOf(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  return Number(text);
}

/** How many indexes the text names. Throws as `parseIndexes` does. */
export const countIndexes = (text: string, completions: number): number =>
  parseIndexes(text, completions).reduce((sum, [start, end]) => sum + end - start + 1, 0);

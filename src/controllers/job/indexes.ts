/**
 * Sets of completion indexes in their written form: `1,3-5,7`. A Job with a million indexes keeps them as intervals.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
 */
export interface IndexSet {
  /** Ascending, neither overlapping nor adjacent. */
  readonly intervals: readonly (readonly [first: number, last: number])[];
  readonly size: number;
  has(index: number): boolean;
}

function indexSet(intervals: readonly (readonly [number, number])[]): IndexSet {
  return {
    intervals,
    size: intervals.reduce((total, [first, last]) => total + last - first + 1, 0),
    has: (index) => intervals.some(([first, last]) => first <= index && index <= last),
  };
}

/** Indexes from `limit` on are left out: completions of an elastic Job may have shrunk. */
export function parseIndexes(text: string | undefined, limit = Number.POSITIVE_INFINITY): IndexSet {
  const intervals: [number, number][] = [];
  for (const part of (text ?? "").split(",")) {
    const [first, last = first] = part.split("-").map((number) => Number.parseInt(number, 10));
    if (first === undefined || Number.isNaN(first) || first >= limit) continue;
    intervals.push([first, Math.min(last ?? first, limit - 1)]);
  }
  return indexSet(intervals);
}

/** The set with more indexes in it. */
export function withIndexes(set: IndexSet, added: Iterable<number>): IndexSet {
  const all: [number, number][] = [...set.intervals.map(([a, b]): [number, number] => [a, b])];
  for (const index of added) if (!set.has(index)) all.push([index, index]);
  all.sort(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [first, last] of all) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return indexSet(joined);
}

export function formatIndexes({ intervals }: IndexSet): string {
  return intervals
    .map(([first, last]) => (first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`))
    .join(",");
}

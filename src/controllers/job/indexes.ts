/**
 * Sets of completion indexes in their written form: `1,3-5,7`. A Job with a million indexes keeps them as intervals.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
 */
import { parseIndexes } from "../../api/batch/job-indexes.ts";

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

/** Indexes from `limit` on are left out: completions of an elastic Job may have shrunk. The API lets no other text in. */
export function indexSetOf(text = "", limit = Number.POSITIVE_INFINITY): IndexSet {
  const within = parseIndexes(text, Number.POSITIVE_INFINITY).filter(([first]) => first < limit);
  return indexSet(within.map(([first, last]) => [first, Math.min(last, limit - 1)]));
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

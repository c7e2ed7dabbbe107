/**
 * Metrics for Prometheus.
 *
 * A family is made once; `with` gives one of its series by label values, and whoever counts keeps what it gave: counting is then an
 * addition. Where labels differ from call to call, `with` walks nested maps and builds no text. Text is made when somebody scrapes.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import { assert } from "../base/assert.ts";

export interface Counter {
  /** Grows by `count`, 1 unless said otherwise; never negative. */
  add(count?: number): void;
  readonly value: number;
}

export interface Gauge {
  set(value: number): void;
  add(count: number): void;
  readonly value: number;
}

export interface Histogram {
  observe(value: number): void;
  readonly count: number;
  readonly sum: number;
  /** How many observations were at most each bound; not cumulative, the last one is beyond all bounds. */
  readonly counts: Float64Array;
}

export interface Family<S> {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  /** Upper bounds, ascending; empty but for histograms. */
  readonly bounds: readonly number[];
  /** The series with these label values, in the order of `labels`. Keep it where the values do not change. */
  with(...values: string[]): S;
  remove(...values: string[]): void;
  series(): Iterable<readonly [values: readonly string[], series: S]>;
}

export interface FamilyOptions {
  name: string;
  help: string;
  labels?: readonly string[];
}

export interface Registry {
  counter(options: FamilyOptions): Family<Counter>;
  gauge(options: FamilyOptions): Family<Gauge>;
  histogram(options: FamilyOptions & { bounds: readonly number[] }): Family<Histogram>;
  /** Runs before each scrape, for figures that are read rather than counted. */
  beforeScrape(read: () => void): void;
  /** Runs what `beforeScrape` was given, then gives all families by name. */
  scrape(): readonly Family<Counter | Gauge | Histogram>[];
}

/** Series by their first label, below it by the second, and so on. */
type Branch<S> = Map<string, Branch<S> | S>;

/** The map in which the last of `values` is looked up. */
function leafOf<S>(root: Branch<S>, values: readonly string[]): Map<string, S> {
  let branch = root;
  for (let index = 0; index < values.length - 1; index += 1) {
    const value = values[index] ?? "";
    const next = (branch.get(value) as Branch<S> | undefined) ?? new Map<string, Branch<S> | S>();
    branch.set(value, next);
    branch = next;
  }
  return branch as Map<string, S>;
}

type Making = FamilyOptions & { bounds?: readonly number[] };

function family<S>(type: Family<S>["type"], { name, help, labels = [], bounds = [] }: Making, make: () => S): Family<S> {
  const root: Branch<S> = new Map();
  const all = new Map<S, readonly string[]>();
  return {
    name,
    help,
    type,
    labels,
    bounds,
    with(...values) {
      assert(values.length === labels.length, `${name} takes ${labels.length} labels`);
      const leaf = leafOf(root, values);
      const last = values.at(-1) ?? "";
      const known = leaf.get(last);
      if (known !== undefined) return known;
      const made = make();
      leaf.set(last, made);
      all.set(made, values);
      return made;
    },
    remove(...values) {
      const leaf = leafOf(root, values);
      const series = leaf.get(values.at(-1) ?? "");
      if (series !== undefined) all.delete(series);
      leaf.delete(values.at(-1) ?? "");
    },
    *series() {
      for (const [series, values] of all) yield [values, series];
    },
  };
}

function counter(): Counter {
  let value = 0;
  return {
    add(count = 1) {
      value += count;
    },
    get value() {
      return value;
    },
  };
}

function gauge(): Gauge {
  let value = 0;
  return {
    set(now) {
      value = now;
    },
    add(count) {
      value += count;
    },
    get value() {
      return value;
    },
  };
}

function histogram(bounds: readonly number[]): Histogram {
  const counts = new Float64Array(bounds.length + 1);
  let count = 0;
  let sum = 0;
  return {
    observe(value) {
      let index = 0;
      while (index < bounds.length && value > (bounds[index] ?? 0)) index += 1;
      counts[index] = (counts[index] ?? 0) + 1;
      count += 1;
      sum += value;
    },
    get count() {
      return count;
    },
    get sum() {
      return sum;
    },
    counts,
  };
}

export function metricsRegistry(): Registry {
  const families = new Map<string, Family<Counter | Gauge | Histogram>>();
  const readers: (() => void)[] = [];
  const register = <S extends Counter | Gauge | Histogram>(made: Family<S>): Family<S> => {
    assert(!families.has(made.name), `the metric ${made.name} exists already`);
    families.set(made.name, made);
    return made;
  };
  return {
    counter: (options) => register(family("counter", options, counter)),
    gauge: (options) => register(family("gauge", options, gauge)),
    histogram: (options) => register(family("histogram", options, () => histogram(options.bounds))),
    beforeScrape(read) {
      readers.push(read);
    },
    scrape() {
      for (const read of readers) read();
      return [...families.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

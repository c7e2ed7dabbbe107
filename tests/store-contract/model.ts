/**
 * Random work on a store, checked against the simplest model of it: the list of all states. A seed repeats the run.
 *
 * Commits are started in bursts without waiting, so that preconditions meet writes that are not yet durable. Their order of
 * acceptance is the order of the calls, so the model can say the outcome of each before it is known.
 */
import { expect } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../src/base/bytes.ts";
import { randomInteger, seededEntropy } from "../../src/base/entropy.ts";
import {
  type Commit,
  type Operation,
  type Precondition,
  type Store,
  StoreError,
  type StoreEvent,
} from "../../src/store/store.ts";

interface Value {
  readonly text: string;
  readonly revision: number;
}

type State = ReadonlyMap<string, Value>;

interface ModelEvent {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
  readonly text: string | undefined;
  readonly previous: Value | undefined;
}

class Model {
  /** The state as of each revision. */
  readonly states: State[] = [new Map()];
  readonly events: ModelEvent[] = [];
  compacted = 0;

  get newest(): number {
    return this.states.length - 1;
  }

  get state(): State {
    return this.states[this.newest] ?? new Map();
  }

  /** The outcome of a transaction: its commit, or the index of the operation that is refused. */
  commit(operations: readonly Operation[]): Commit | number {
    const refused = operations.findIndex((operation) => !holds(operation.if, this.state.get(operation.key)));
    if (refused >= 0) return refused;
    const revisions = operations.map((operation) => {
      const previous = this.state.get(operation.key);
      if (operation.type === "check" || (operation.type === "delete" && previous === undefined)) return 0;
      const revision = this.newest + 1;
      const next = new Map(this.state);
      const text = operation.type === "put" ? decodeUtf8(operation.value) : undefined;
      if (text === undefined) next.delete(operation.key);
      else next.set(operation.key, { text, revision });
      this.states.push(next);
      this.events.push({ type: text === undefined ? "delete" : "put", key: operation.key, revision, text, previous });
      return revision;
    });
    return { revision: this.newest, revisions };
  }

  range(prefix: string, after: string, limit: number, revision: number): { keys: string[]; more: boolean } {
    const state = this.states[revision] ?? new Map<string, Value>();
    const keys = [...state.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const shown = keys.slice(0, limit).map((key) => `${key}=${state.get(key)?.text}@${state.get(key)?.revision}`);
    return { keys: shown, more: keys.length > limit };
  }
}

function holds(condition: Precondition, value: Value | undefined): boolean {
  switch (condition) {
    case "any":
      return true;
    case "absent":
      return value === undefined;
    case "present":
      return value !== undefined;
    default:
      return value !== undefined && value.revision === condition.revision;
  }
}

const show = (event: StoreEvent): ModelEvent => ({
  type: event.type,
  key: event.key,
  revision: event.revision,
  text: event.value && decodeUtf8(event.value),
  previous: event.previous && { text: decodeUtf8(event.previous.value), revision: event.previous.revision },
});

const PREFIXES = ["/", "/a/", "/b/", "/a/1"];

interface Run {
  readonly store: Store;
  readonly seed: number;
  readonly model: Model;
  readonly watches: { readonly prefix: string; readonly after: number; readonly seen: ModelEvent[] }[];
  /** A whole number below `bound`. */
  pick(bound: number): number;
}

const somePrefix = ({ pick }: Run): string => PREFIXES[pick(PREFIXES.length)] ?? "/";
const someKey = ({ pick }: Run): string => `/${"ab"[pick(2)]}/${pick(15)}`;
const someRevision = ({ model, pick }: Run): number => model.compacted + pick(model.newest - model.compacted + 1);

function someCondition({ model, pick }: Run, key: string): Precondition {
  const revision = model.state.get(key)?.revision ?? 0;
  return (["any", "any", "absent", "present", { revision }, { revision: revision + 1 }] as const)[pick(6)] ?? "any";
}

function someTransaction(run: Run): Operation[] {
  const { pick, seed } = run;
  const keys = new Set(Array.from({ length: 1 + pick(4) }, () => someKey(run)));
  return [...keys].map((key): Operation => {
    const condition = someCondition(run, key);
    const kind = pick(10);
    if (kind === 0) return { type: "check", key, if: condition };
    if (kind < 4) return { type: "delete", key, if: condition };
    return { type: "put", key, value: encodeUtf8(`${seed}-${pick(1e6)}`.repeat(1 + pick(30))), if: condition };
  });
}

/** Concurrent commits, and reads in between: they see some durable state, never a mixture. */
async function burst(run: Run): Promise<void> {
  const { store, model, pick } = run;
  const work = Array.from({ length: 1 + pick(20) }, async () => {
    const operations = someTransaction(run);
    const expected = model.commit(operations);
    const actual = await store.commit(operations).catch((error: unknown) => error);
    if (typeof expected !== "number") return expect(actual).toEqual(expected);
    expect(actual).toBeInstanceOf(StoreError);
    return expect(actual).toMatchObject({ reason: "conflict", operation: expected });
  });
  for (let reads = pick(4); reads > 0; reads--) await compareRange(run, undefined);
  await Promise.all(work);
  expect(await store.revision()).toBe(model.newest);
}

async function compareRange(run: Run, asked: number | undefined): Promise<void> {
  const prefix = somePrefix(run);
  const after = run.pick(2) === 0 ? "" : someKey(run);
  const limit = 1 + run.pick(20);
  const range = await run.store.range({ prefix, after, limit, ...(asked !== undefined && { revision: asked }) });
  const keys = range.entries.map((entry) => `${entry.key}=${decodeUtf8(entry.value)}@${entry.revision}`);
  expect({ keys, more: range.more }).toEqual(run.model.range(prefix, after, limit, range.revision));
  if (asked !== undefined) expect(range.revision).toBe(asked);
}

async function compareKey({ store, model }: Run, key: string): Promise<void> {
  const entry = await store.get(key);
  expect(entry && { text: decodeUtf8(entry.value), revision: entry.revision }).toEqual(model.state.get(key));
}

function startWatch(run: Run): void {
  const watch = { prefix: somePrefix(run), after: someRevision(run), seen: [] as ModelEvent[] };
  run.watches.push(watch);
  run.store.watch({
    prefix: watch.prefix,
    after: watch.after,
    onEvents: (events) => watch.seen.push(...events.map(show)),
    onEnd: (error) => expect(error.reason).toBe("closed"),
  });
}

async function compareWatches({ model, watches }: Run): Promise<void> {
  for (const { prefix, after, seen } of watches) {
    const expected = model.events.filter((event) => event.revision > after && event.key.startsWith(prefix));
    await expect.poll(() => seen.length).toBeGreaterThanOrEqual(expected.length);
    expect(seen).toEqual(expected);
  }
}

async function compact(run: Run): Promise<void> {
  // A watch that still catches up would be ended.
  await compareWatches(run);
  run.model.compacted = someRevision(run);
  await run.store.compact(run.model.compacted);
  expect(await run.store.compactedRevision()).toBe(run.model.compacted);
}

/** Throws where the store and the model differ. */
export async function checkAgainstModel(store: Store, seed: number, steps: number): Promise<void> {
  const entropy = seededEntropy(seed);
  const run: Run = { store, seed, model: new Model(), watches: [], pick: (bound) => randomInteger(entropy, bound) };
  for (let step = 0; step < steps; step++) {
    const kind = run.pick(20);
    if (kind < 9) await burst(run);
    else if (kind < 15) await compareRange(run, someRevision(run));
    else if (kind === 15 && run.watches.length < 20) startWatch(run);
    else if (kind === 16 && run.pick(3) === 0) await compact(run);
    else await compareKey(run, someKey(run));
  }
  await compareWatches(run);
  for (const prefix of PREFIXES) {
    expect(await store.count(prefix)).toBe(run.model.range(prefix, "", Number.MAX_SAFE_INTEGER, run.model.newest).keys.length);
  }
}

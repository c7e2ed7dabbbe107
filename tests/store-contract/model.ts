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

/** Throws where the store and the model differ. */
export async function checkAgainstModel(store: Store, seed: number, steps: number): Promise<void> {
  const entropy = seededEntropy(seed);
  const pick = (bound: number): number => randomInteger(entropy, bound);
  const model = new Model();
  const watches: { prefix: string; after: number; seen: ModelEvent[] }[] = [];
  const prefixes = ["/", "/a/", "/b/", "/a/1"];
  const somePrefix = (): string => prefixes[pick(prefixes.length)] ?? "/";
  const someKey = (): string => `/${"ab"[pick(2)]}/${pick(15)}`;

  function someCondition(key: string): Precondition {
    const revision = model.state.get(key)?.revision ?? 0;
    return (["any", "any", "absent", "present", { revision }, { revision: revision + 1 }] as const)[pick(6)] ?? "any";
  }

  function someTransaction(): Operation[] {
    const keys = new Set(Array.from({ length: 1 + pick(4) }, someKey));
    return [...keys].map((key): Operation => {
      const condition = someCondition(key);
      const kind = pick(10);
      if (kind === 0) return { type: "check", key, if: condition };
      if (kind < 4) return { type: "delete", key, if: condition };
      return { type: "put", key, value: encodeUtf8(`${seed}-${pick(1e6)}`.repeat(1 + pick(30))), if: condition };
    });
  }

  async function burst(): Promise<void> {
    const work = Array.from({ length: 1 + pick(20) }, async () => {
      const operations = someTransaction();
      const expected = model.commit(operations);
      const actual = await store.commit(operations).catch((error: unknown) => error);
      if (typeof expected !== "number") return expect(actual).toEqual(expected);
      expect(actual).toBeInstanceOf(StoreError);
      return expect(actual).toMatchObject({ reason: "conflict", operation: expected });
    });
    // Reads in between see some durable state, never a mixture.
    for (let reads = pick(4); reads > 0; reads--) await compareRange(undefined);
    await Promise.all(work);
    expect(await store.revision()).toBe(model.newest);
  }

  async function compareRange(asked: number | undefined): Promise<void> {
    const prefix = somePrefix();
    const after = pick(2) === 0 ? "" : someKey();
    const limit = 1 + pick(20);
    const range = await store.range({ prefix, after, limit, ...(asked !== undefined && { revision: asked }) });
    const keys = range.entries.map((entry) => `${entry.key}=${decodeUtf8(entry.value)}@${entry.revision}`);
    expect({ keys, more: range.more }).toEqual(model.range(prefix, after, limit, range.revision));
    if (asked !== undefined) expect(range.revision).toBe(asked);
  }

  function startWatch(): void {
    const watch = {
      prefix: somePrefix(),
      after: model.compacted + pick(model.newest - model.compacted + 1),
      seen: [] as ModelEvent[],
    };
    watches.push(watch);
    store.watch({
      prefix: watch.prefix,
      after: watch.after,
      onEvents: (events) => watch.seen.push(...events.map(show)),
      onEnd: (error) => expect(error.reason).toBe("closed"),
    });
  }

  async function compact(): Promise<void> {
    await checkWatches();
    model.compacted += pick(model.newest - model.compacted + 1);
    await store.compact(model.compacted);
    expect(await store.compactedRevision()).toBe(model.compacted);
  }

  async function checkWatches(): Promise<void> {
    for (const { prefix, after, seen } of watches) {
      const expected = model.events.filter((event) => event.revision > after && event.key.startsWith(prefix));
      await expect.poll(() => seen.length).toBeGreaterThanOrEqual(expected.length);
      expect(seen).toEqual(expected);
    }
  }

  for (let step = 0; step < steps; step++) {
    const kind = pick(20);
    if (kind < 9) await burst();
    else if (kind < 15) await compareRange(model.compacted + pick(model.newest - model.compacted + 1));
    else if (kind === 15 && watches.length < 20) startWatch();
    else if (kind === 16 && pick(4) === 0) await compact();
    else {
      const key = someKey();
      const entry = await store.get(key);
      const expected = model.state.get(key);
      expect(entry && { text: decodeUtf8(entry.value), revision: entry.revision }).toEqual(expected);
    }
  }
  await checkWatches();
  for (const prefix of prefixes) expect(await store.count(prefix)).toBe(model.range(prefix, "", 1e9, model.newest).keys.length);
}

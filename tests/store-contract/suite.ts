/**
 * The contract of src/store/store.ts as tests, run for every backend. A backend gives a way to open a store on a clock; where
 * its state outlives `close`, it also gives a way to open the same state again.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../src/base/bytes.ts";
import { type VirtualClock, virtualClock } from "../../src/base/virtual-clock.ts";
import {
  type Operation,
  type Precondition,
  type Put,
  type Store,
  StoreError,
  type StoreEvent,
  type Watch,
} from "../../src/store/store.ts";
import { checkAgainstModel } from "./model.ts";

export interface Backend {
  readonly name: string;
  open(clock: VirtualClock): Promise<Store>;
  /** Opens what the last `open` left after `close`. */
  reopen?(clock: VirtualClock): Promise<Store>;
  cleanUp(): Promise<void>;
  /** Seeds and steps of the random checks. */
  readonly seeds: number;
  readonly steps: number;
}

export const put = (key: string, text: string, condition: Precondition = "any", ttlSeconds?: number): Put => ({
  type: "put",
  key,
  value: encodeUtf8(text),
  if: condition,
  ...(ttlSeconds !== undefined && { ttlSeconds }),
});
export const remove = (key: string, condition: Precondition = "any"): Operation => ({ type: "delete", key, if: condition });
export const check = (key: string, condition: Precondition): Operation => ({ type: "check", key, if: condition });

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && decodeUtf8(bytes);

async function refusal(work: Promise<unknown>): Promise<StoreError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error(`expected a StoreError, got ${String(error)}`);
  return error;
}

function collect(store: Store, prefix: string, after: number): { events: StoreEvent[]; ends: StoreError[]; watch: Watch } {
  const events: StoreEvent[] = [];
  const ends: StoreError[] = [];
  const watch = store.watch({ prefix, after, onEvents: (more) => events.push(...more), onEnd: (error) => ends.push(error) });
  return { events, ends, watch };
}

export function storeContract(backend: Backend): void {
  describe(`store contract: ${backend.name}`, () => {
    let clock: VirtualClock;
    let store: Store;

    beforeEach(async () => {
      clock = virtualClock();
      store = await backend.open(clock);
    });
    afterEach(async () => {
      await store.close();
      await backend.cleanUp();
    });

    const keys = async (prefix: string, revision?: number): Promise<string[]> => {
      const { entries } = await store.range({ prefix, ...(revision !== undefined && { revision }) });
      return entries.map((entry) => `${entry.key}=${text(entry.value)}@${entry.revision}`);
    };

    describe("transactions", () => {
      test("an empty store is at revision 0", async () => {
        expect(await store.revision()).toBe(0);
        expect(await store.compactedRevision()).toBe(0);
        expect(await store.get("/a")).toBeUndefined();
        expect(await store.range({ prefix: "/" })).toEqual({ entries: [], revision: 0, more: false });
      });

      test("each changed key gets the next revision, in the order of the operations", async () => {
        const first = await store.commit([put("/a", "1"), check("/x", "absent"), put("/b", "2"), remove("/none")]);
        expect(first).toEqual({ revision: 2, revisions: [1, 0, 2, 0] });
        const second = await store.commit([remove("/a"), put("/b", "3")]);
        expect(second).toEqual({ revision: 4, revisions: [3, 4] });
        expect(await store.get("/a")).toBeUndefined();
        expect(await keys("/")).toEqual(["/b=3@4"]);
        expect(await store.revision()).toBe(4);
      });

      test("preconditions hold or nothing happens, and the refusal names the operation and what was there", async () => {
        await store.commit([put("/a", "1")]);
        const refused: [Operation[], number][] = [
          [[put("/a", "2", "absent")], 0],
          [[put("/n", "2"), put("/b", "2", "present")], 1],
          [[put("/a", "2", { revision: 7 })], 0],
          [[remove("/b", "present")], 0],
          [[put("/n", "2"), check("/a", "absent")], 1],
          [[put("/n", "2"), check("/b", { revision: 1 })], 1],
        ];
        for (const [operations, index] of refused) {
          const error = await refusal(store.commit(operations));
          expect(error).toMatchObject({ reason: "conflict", operation: index });
          expect(text(error.actual?.value)).toBe(operations[index]?.key === "/a" ? "1" : undefined);
        }
        expect(await keys("/")).toEqual(["/a=1@1"]);
        expect(await store.revision()).toBe(1);
        await store.commit([put("/a", "2", { revision: 1 }), check("/b", "absent"), put("/b", "2", "absent")]);
        await store.commit([remove("/a", "present"), check("/b", "present")]);
        expect(await keys("/")).toEqual(["/b=2@3"]);
      });

      test("a second write sees the first before it is durable", async () => {
        const results = await Promise.allSettled([
          store.commit([put("/a", "1", "absent")]),
          store.commit([put("/a", "2", "absent")]),
          store.commit([put("/a", "3", { revision: 1 })]),
          store.commit([remove("/a", { revision: 2 })]),
          store.commit([put("/a", "4", "absent")]),
        ]);
        expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
        expect(await keys("/")).toEqual(["/a=4@4"]);
      });

      test("whoever is refused and reads again sees why", async () => {
        const first = store.commit([put("/a", "1", "absent")]);
        const second = store.commit([put("/a", "2", "absent")]).catch(async (error: StoreError) => {
          expect(error.actual?.revision).toBe(1);
          expect(text((await store.get("/a"))?.value)).toBe("1");
          return "refused";
        });
        expect(await second).toBe("refused");
        await first;
      });

      test("a transaction that is too large is refused", async () => {
        const many = Array.from({ length: 129 }, (_, index) => put(`/${index}`, ""));
        expect((await refusal(store.commit(many))).reason).toBe("tooLarge");
        const big: Put = { type: "put", key: "/a", value: new Uint8Array(1_600_000), if: "any" };
        expect((await refusal(store.commit([big]))).reason).toBe("tooLarge");
        expect((await refusal(store.commit([put("/k".repeat(1000), "")]))).reason).toBe("tooLarge");
        await store.commit([{ ...big, value: new Uint8Array(1_500_000).fill(7) }]);
        expect((await store.get("/a"))?.value.length).toBe(1_500_000);
      });

      test("values may be empty and may hold any byte", async () => {
        const value = Uint8Array.from({ length: 256 }, (_, index) => index);
        await store.commit([put("/empty", ""), { type: "put", key: "/all", value, if: "any" }]);
        expect((await store.get("/empty"))?.value.length).toBe(0);
        expect([...((await store.get("/all"))?.value ?? [])]).toEqual([...value]);
      });

      test("a closed store refuses everything and ends its watches", async () => {
        const { ends } = collect(store, "/", 0);
        const last = store.commit([put("/a", "1")]);
        await store.close();
        expect((await last).revision).toBe(1);
        expect(ends.map((error) => error.reason)).toEqual(["closed"]);
        expect((await refusal(store.commit([put("/a", "1")]))).reason).toBe("closed");
        await store.close();
      });
    });

    describe("ranges", () => {
      test("are in the order of the keys' bytes and cut by limit and after", async () => {
        const unordered = ["/b/2", "/b/1", "/a", "/b/10", "/c", "/b/\uFFFD", "/b/\u{1F600}", "/b/é", "/b", "/b0"];
        for (const key of unordered) await store.commit([put(key, "")]);
        const all = (await store.range({ prefix: "/b/" })).entries.map((entry) => entry.key);
        expect(all).toEqual(["/b/1", "/b/10", "/b/2", "/b/é", "/b/\uFFFD", "/b/\u{1F600}"]);
        const page = await store.range({ prefix: "/b/", after: "/b/1", limit: 2 });
        expect(page.entries.map((entry) => entry.key)).toEqual(["/b/10", "/b/2"]);
        expect(page.more).toBe(true);
        const last = await store.range({ prefix: "/b/", after: "/b/2", limit: 3 });
        expect(last.entries.length).toBe(3);
        expect(last.more).toBe(false);
        expect(await store.count("/b/")).toBe(6);
        expect(await store.count("/")).toBe(10);
        expect(await store.count("/x")).toBe(0);
      });

      test("show the state as of a revision", async () => {
        await store.commit([put("/a", "1"), put("/b", "1")]);
        await store.commit([put("/a", "2")]);
        await store.commit([remove("/b")]);
        await store.commit([put("/b", "2"), put("/c", "1")]);
        await store.commit([remove("/a")]);
        expect(await keys("/", 1)).toEqual(["/a=1@1"]);
        expect(await keys("/", 2)).toEqual(["/a=1@1", "/b=1@2"]);
        expect(await keys("/", 3)).toEqual(["/a=2@3", "/b=1@2"]);
        expect(await keys("/", 4)).toEqual(["/a=2@3"]);
        expect(await keys("/", 5)).toEqual(["/a=2@3", "/b=2@5"]);
        expect(await keys("/", 7)).toEqual(["/b=2@5", "/c=1@6"]);
        expect((await store.range({ prefix: "/", revision: 3, limit: 1 })).more).toBe(true);
        expect((await store.range({ prefix: "/", revision: 4, limit: 1 })).more).toBe(false);
      });
    });

    describe("watches", () => {
      test("are called, with the previous record, before the commit resolves", async () => {
        const { events } = collect(store, "/a/", 0);
        await store.commit([put("/a/1", "x"), put("/b/1", "x")]);
        expect(events.length).toBe(1);
        await store.commit([put("/a/1", "y")]);
        expect(events.length).toBe(2);
        await store.commit([remove("/a/1")]);
        expect(events).toMatchObject([
          { type: "put", key: "/a/1", revision: 1 },
          { type: "put", key: "/a/1", revision: 3, previous: { key: "/a/1", revision: 1 } },
          { type: "delete", key: "/a/1", revision: 4, previous: { key: "/a/1", revision: 3 } },
        ]);
        expect(events.map((event) => [text(event.value), text(event.previous?.value)])).toEqual([
          ["x", undefined],
          ["y", "x"],
          [undefined, "y"],
        ]);
      });

      test("start after a revision of the past, and go on without a gap", async () => {
        for (let index = 0; index < 2500; index += 100) {
          await store.commit(Array.from({ length: 100 }, (_, offset) => put(`/a/${index + offset}`, "")));
        }
        const { events } = collect(store, "/a/", 10);
        const more = store.commit([put("/a/more", "")]);
        await more;
        await expect.poll(() => events.length).toBe(2491);
        expect(events.map((event) => event.revision)).toEqual(Array.from({ length: 2491 }, (_, index) => index + 11));
      });

      test("that start in the future pass over what comes before", async () => {
        const { events } = collect(store, "/", 2);
        for (const value of ["1", "2", "3"]) await store.commit([put("/a", value)]);
        expect(events.map((event) => event.revision)).toEqual([3]);
      });

      test("are not called after stop, nor one inside another", async () => {
        let depth = 0;
        const seen: number[] = [];
        const pending: Promise<unknown>[] = [];
        const watch = store.watch({
          prefix: "/",
          after: 0,
          onEvents(events) {
            expect(++depth).toBe(1);
            seen.push(...events.map((event) => event.revision));
            if (seen.length < 5) pending.push(store.commit([put("/again", String(seen.length))]));
            else watch.stop();
            depth--;
          },
          onEnd() {
            seen.push(-1);
          },
        });
        await store.commit([put("/a", "1")]);
        for (let index = 0; index < pending.length; index++) await pending[index];
        await store.commit([put("/a", "2")]);
        watch.stop();
        expect(seen).toEqual([1, 2, 3, 4, 5]);
      });

      test("match any prefix, also one that does not end with a slash", async () => {
        const all = collect(store, "", 0);
        const half = collect(store, "/pods/def", 0);
        await store.commit([put("/pods/default/a", ""), put("/pods/other/a", ""), put("/x", "")]);
        expect(all.events.length).toBe(3);
        expect(half.events.map((event) => event.key)).toEqual(["/pods/default/a"]);
      });
    });

    describe("compaction", () => {
      test("keeps the present and what came after, and refuses what was before", async () => {
        await store.commit([put("/kept", "1"), put("/a", "1"), put("/gone", "1")]);
        await store.commit([put("/a", "2"), remove("/gone")]);
        await store.commit([put("/a", "3"), put("/gone", "2"), remove("/kept")]);
        await store.compact(5);
        expect(await store.compactedRevision()).toBe(5);
        expect(await keys("/", 5)).toEqual(["/a=2@4", "/kept=1@1"]);
        expect(await keys("/", 7)).toEqual(["/a=3@6", "/gone=2@7", "/kept=1@1"]);
        expect(await keys("/")).toEqual(["/a=3@6", "/gone=2@7"]);
        expect((await refusal((async () => store.range({ prefix: "/", revision: 4 }))())).reason).toBe("compacted");
        const late = collect(store, "/", 4);
        await expect.poll(() => late.ends.length).toBe(1);
        expect(late.ends[0]?.reason).toBe("compacted");
        const { events } = collect(store, "/", 5);
        await expect.poll(() => events.length).toBe(3);
        expect(events.map((event) => text(event.previous?.value))).toEqual(["2", undefined, "1"]);
        await store.compact(3);
        expect(await store.compactedRevision()).toBe(5);
        await store.compact(8);
        expect(await keys("/")).toEqual(["/a=3@6", "/gone=2@7"]);
        await expect(store.compact(9)).rejects.toThrow(/newest/);
      });

      test("gives space back to what comes later", async () => {
        const write = async (): Promise<void> => {
          for (let index = 0; index < 300; index++) await store.commit([put("/a", "x".repeat(20_000))]);
          await store.compact(await store.revision());
        };
        await write();
        await write();
        const settled = await store.sizeBytes();
        await write();
        await write();
        expect(await store.sizeBytes()).toBeLessThan(settled * 1.3);
      });
    });

    describe("time to live", () => {
      test("ends in a delete by the store, not too early", async () => {
        const { events } = collect(store, "/", 0);
        await store.commit([put("/short", "1", "any", 10), put("/long", "1", "any", 100), put("/ever", "1")]);
        await clock.advance(9_500);
        expect(await store.count("/")).toBe(3);
        await clock.advance(2_000);
        expect(await keys("/")).toEqual(["/ever=1@3", "/long=1@2"]);
        expect(events.at(-1)).toMatchObject({ type: "delete", key: "/short", previous: { revision: 1 } });
        await clock.advance(100_000);
        expect(await keys("/")).toEqual(["/ever=1@3"]);
      });

      test("starts again with each write, and ends where a write has none", async () => {
        await store.commit([put("/renewed", "1", "any", 10), put("/kept", "1", "any", 10)]);
        await clock.advance(6_000);
        await store.commit([put("/renewed", "2", "any", 10), put("/kept", "2")]);
        await clock.advance(6_000);
        expect(await store.count("/")).toBe(2);
        await clock.advance(6_000);
        expect(await keys("/")).toEqual(["/kept=2@4"]);
      });

      test("of many keys that end together", async () => {
        for (let batch = 0; batch < 5; batch++) {
          await store.commit(Array.from({ length: 100 }, (_, index) => put(`/${batch}/${index}`, "", "any", 5)));
        }
        await clock.advance(10_000);
        expect(await store.count("/")).toBe(0);
        expect(await store.revision()).toBe(1000);
      });
    });

    test("agrees with a simple model under random concurrent work", { timeout: 120_000 }, async () => {
      for (let seed = 1; seed <= backend.seeds; seed++) {
        await store.close();
        await backend.cleanUp();
        store = await backend.open(clock);
        await checkAgainstModel(store, seed, backend.steps);
      }
    });

    if (backend.reopen !== undefined) {
      const reopen = backend.reopen.bind(backend);
      test("state, history, compaction and time to live outlive a restart", async () => {
        await store.commit([put("/a", "1"), put("/b", "1", "any", 60), put("/c", "1")]);
        await store.commit([put("/a", "2"), remove("/c")]);
        await store.compact(3);
        await store.close();
        store = await reopen(clock);
        expect(await store.revision()).toBe(5);
        expect(await store.compactedRevision()).toBe(3);
        expect(await keys("/", 3)).toEqual(["/a=1@1", "/b=1@2", "/c=1@3"]);
        expect(await keys("/")).toEqual(["/a=2@4", "/b=1@2"]);
        const { events } = collect(store, "/", 3);
        await expect.poll(() => events.length).toBe(2);
        expect((await store.commit([put("/d", "1", "absent")])).revision).toBe(6);
        await clock.advance(70_000);
        expect(await keys("/")).toEqual(["/a=2@4", "/d=1@6"]);
      });
    }
  });
}

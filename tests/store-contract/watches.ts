/** The contract of watches. */
import { describe, expect, test } from "vitest";
import { type Contract, collect, put, remove, text } from "./contract.ts";

export function watches(at: Contract): void {
  describe("watches", () => {
    test("are called, with the previous record, before the commit resolves", async () => {
      const { events } = collect(at.store, "/a/", 0);
      await at.store.commit([put("/a/1", "x"), put("/b/1", "x")]);
      expect(events.length).toBe(1);
      await at.store.commit([put("/a/1", "y")]);
      expect(events.length).toBe(2);
      await at.store.commit([remove("/a/1")]);
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
        await at.store.commit(Array.from({ length: 100 }, (_, offset) => put(`/a/${index + offset}`, "")));
      }
      const { events } = collect(at.store, "/a/", 10);
      const more = at.store.commit([put("/a/more", "")]);
      await more;
      await expect.poll(() => events.length).toBe(2491);
      expect(events.map((event) => event.revision)).toEqual(Array.from({ length: 2491 }, (_, index) => index + 11));
    });

    test("that start in the future pass over what comes before", async () => {
      const { events } = collect(at.store, "/", 2);
      for (const value of ["1", "2", "3"]) await at.store.commit([put("/a", value)]);
      expect(events.map((event) => event.revision)).toEqual([3]);
    });
  });
}

export function watchCalls(at: Contract): void {
  describe("calls of a watch", () => {
    test("are not called after stop, nor one inside another", async () => {
      let depth = 0;
      const seen: number[] = [];
      const pending: Promise<unknown>[] = [];
      const watch = at.store.watch({
        prefix: "/",
        after: 0,
        onEvents(events) {
          expect(++depth).toBe(1);
          seen.push(...events.map((event) => event.revision));
          if (seen.length < 5) pending.push(at.store.commit([put("/again", String(seen.length))]));
          else watch.stop();
          depth--;
        },
        onEnd() {
          seen.push(-1);
        },
      });
      await at.store.commit([put("/a", "1")]);
      for (let index = 0; index < pending.length; index++) await pending[index];
      await at.store.commit([put("/a", "2")]);
      watch.stop();
      expect(seen).toEqual([1, 2, 3, 4, 5]);
    });

    test("match any prefix, also one that does not end with a slash", async () => {
      const all = collect(at.store, "", 0);
      const half = collect(at.store, "/pods/def", 0);
      await at.store.commit([put("/pods/default/a", ""), put("/pods/other/a", ""), put("/x", "")]);
      expect(all.events.length).toBe(3);
      expect(half.events.map((event) => event.key)).toEqual(["/pods/default/a"]);
    });
  });
}

/** The contract of `ttlSeconds`, on a virtual clock. */
import { describe, expect, test } from "vitest";
import { type Contract, collect, put } from "./contract.ts";

export function timeToLive(at: Contract): void {
  describe("time to live", () => {
    test("ends in a delete by the store, not too early", async () => {
      const { events } = collect(at.store, "/", 0);
      await at.store.commit([put("/short", "1", "any", 10), put("/long", "1", "any", 100), put("/ever", "1")]);
      await at.clock.advance(9_500);
      expect(await at.store.count("/")).toBe(3);
      await at.clock.advance(2_000);
      expect(await at.keys("/")).toEqual(["/ever=1@3", "/long=1@2"]);
      expect(events.at(-1)).toMatchObject({ type: "delete", key: "/short", previous: { revision: 1 } });
      await at.clock.advance(100_000);
      expect(await at.keys("/")).toEqual(["/ever=1@3"]);
    });

    test("starts again with each write, and ends where a write has none", async () => {
      await at.store.commit([put("/renewed", "1", "any", 10), put("/kept", "1", "any", 10)]);
      await at.clock.advance(6_000);
      await at.store.commit([put("/renewed", "2", "any", 10), put("/kept", "2")]);
      await at.clock.advance(6_000);
      expect(await at.store.count("/")).toBe(2);
      await at.clock.advance(6_000);
      expect(await at.keys("/")).toEqual(["/kept=2@4"]);
    });

    test("of many keys that end together", async () => {
      for (let batch = 0; batch < 5; batch++) {
        await at.store.commit(Array.from({ length: 100 }, (_, index) => put(`/${batch}/${index}`, "", "any", 5)));
      }
      await at.clock.advance(10_000);
      expect(await at.store.count("/")).toBe(0);
      expect(await at.store.revision()).toBe(1000);
    });
  });
}

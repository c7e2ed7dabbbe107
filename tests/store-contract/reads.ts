/** The contract of reads, and of what compaction leaves of them. */
import { describe, expect, test } from "vitest";
import { type Contract, collect, put, refusal, remove, text } from "./contract.ts";

export function ranges(at: Contract): void {
  describe("ranges", () => {
    test("are in the order of the keys' bytes and cut by limit and after", async () => {
      const unordered = ["/b/2", "/b/1", "/a", "/b/10", "/c", "/b/\uFFFD", "/b/\u{1F600}", "/b/é", "/b", "/b0"];
      for (const key of unordered) await at.store.commit([put(key, "")]);
      const all = (await at.store.range({ prefix: "/b/" })).entries.map((entry) => entry.key);
      expect(all).toEqual(["/b/1", "/b/10", "/b/2", "/b/é", "/b/\uFFFD", "/b/\u{1F600}"]);
      const page = await at.store.range({ prefix: "/b/", after: "/b/1", limit: 2 });
      expect(page.entries.map((entry) => entry.key)).toEqual(["/b/10", "/b/2"]);
      expect(page.more).toBe(true);
      const last = await at.store.range({ prefix: "/b/", after: "/b/2", limit: 3 });
      expect(last.entries.length).toBe(3);
      expect(last.more).toBe(false);
      expect(await at.store.count("/b/")).toBe(6);
      expect(await at.store.count("/")).toBe(10);
      expect(await at.store.count("/x")).toBe(0);
    });

    test("show the state as of a revision", async () => {
      await at.store.commit([put("/a", "1"), put("/b", "1")]);
      await at.store.commit([put("/a", "2")]);
      await at.store.commit([remove("/b")]);
      await at.store.commit([put("/b", "2"), put("/c", "1")]);
      await at.store.commit([remove("/a")]);
      expect(await at.keys("/", 1)).toEqual(["/a=1@1"]);
      expect(await at.keys("/", 2)).toEqual(["/a=1@1", "/b=1@2"]);
      expect(await at.keys("/", 3)).toEqual(["/a=2@3", "/b=1@2"]);
      expect(await at.keys("/", 4)).toEqual(["/a=2@3"]);
      expect(await at.keys("/", 5)).toEqual(["/a=2@3", "/b=2@5"]);
      expect(await at.keys("/", 7)).toEqual(["/b=2@5", "/c=1@6"]);
      expect((await at.store.range({ prefix: "/", revision: 3, limit: 1 })).more).toBe(true);
      expect((await at.store.range({ prefix: "/", revision: 4, limit: 1 })).more).toBe(false);
    });
  });
}

export function compaction(at: Contract): void {
  describe("compaction", () => {
    test("keeps the present and what came after, and refuses what was before", async () => {
      await at.store.commit([put("/kept", "1"), put("/a", "1"), put("/gone", "1")]);
      await at.store.commit([put("/a", "2"), remove("/gone")]);
      await at.store.commit([put("/a", "3"), put("/gone", "2"), remove("/kept")]);
      await at.store.compact(5);
      expect(await at.store.compactedRevision()).toBe(5);
      expect(await at.keys("/", 5)).toEqual(["/a=2@4", "/kept=1@1"]);
      expect(await at.keys("/", 7)).toEqual(["/a=3@6", "/gone=2@7", "/kept=1@1"]);
      expect(await at.keys("/")).toEqual(["/a=3@6", "/gone=2@7"]);
      expect((await refusal((async () => at.store.range({ prefix: "/", revision: 4 }))())).reason).toBe("compacted");
      const late = collect(at.store, "/", 4);
      await expect.poll(() => late.ends.length).toBe(1);
      expect(late.ends[0]?.reason).toBe("compacted");
      const { events } = collect(at.store, "/", 5);
      await expect.poll(() => events.length).toBe(3);
      expect(events.map((event) => text(event.previous?.value))).toEqual(["2", undefined, "1"]);
      await at.store.compact(3);
      expect(await at.store.compactedRevision()).toBe(5);
      await at.store.compact(8);
      expect(await at.keys("/")).toEqual(["/a=3@6", "/gone=2@7"]);
      await expect(at.store.compact(9)).rejects.toThrow(/newest/);
    });

    test("gives space back to what comes later", async () => {
      const write = async (): Promise<void> => {
        for (let index = 0; index < 300; index++) await at.store.commit([put("/a", "x".repeat(20_000))]);
        await at.store.compact(await at.store.revision());
      };
      await write();
      await write();
      const settled = await at.store.sizeBytes();
      await write();
      await write();
      expect(await at.store.sizeBytes()).toBeLessThan(settled * 1.3);
    });
  });
}

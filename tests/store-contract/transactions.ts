/** The contract of transactions. */
import { describe, expect, test } from "vitest";
import type { Operation, Put, StoreError } from "../../src/store/store.ts";
import { type Contract, check, collect, put, refusal, remove, text } from "./contract.ts";

export function acceptance(at: Contract): void {
  describe("what a transaction is", () => {
    test("an empty store is at revision 0", async () => {
      expect(await at.store.revision()).toBe(0);
      expect(await at.store.compactedRevision()).toBe(0);
      expect(await at.store.get("/a")).toBeUndefined();
      expect(await at.store.range({ prefix: "/" })).toEqual({ entries: [], revision: 0, more: false });
    });

    test("each changed key gets the next revision, in the order of the operations", async () => {
      const first = await at.store.commit([put("/a", "1"), check("/x", "absent"), put("/b", "2"), remove("/none")]);
      expect(first).toEqual({ revision: 2, revisions: [1, 0, 2, 0] });
      const second = await at.store.commit([remove("/a"), put("/b", "3")]);
      expect(second).toEqual({ revision: 4, revisions: [3, 4] });
      expect(await at.store.get("/a")).toBeUndefined();
      expect(await at.keys("/")).toEqual(["/b=3@4"]);
      expect(await at.store.revision()).toBe(4);
    });

    test("a transaction that is too large is refused", async () => {
      const many = Array.from({ length: 129 }, (_, index) => put(`/${index}`, ""));
      expect((await refusal(at.store.commit(many))).reason).toBe("tooLarge");
      const big: Put = { type: "put", key: "/a", value: new Uint8Array(1_600_000), if: "any" };
      expect((await refusal(at.store.commit([big]))).reason).toBe("tooLarge");
      expect((await refusal(at.store.commit([put("/k".repeat(1000), "")]))).reason).toBe("tooLarge");
      await at.store.commit([{ ...big, value: new Uint8Array(1_500_000).fill(7) }]);
      expect((await at.store.get("/a"))?.value.length).toBe(1_500_000);
    });

    test("values may be empty and may hold any byte", async () => {
      const value = Uint8Array.from({ length: 256 }, (_, index) => index);
      await at.store.commit([put("/empty", ""), { type: "put", key: "/all", value, if: "any" }]);
      expect((await at.store.get("/empty"))?.value.length).toBe(0);
      expect([...((await at.store.get("/all"))?.value ?? [])]).toEqual([...value]);
    });

    test("a closed store refuses everything and ends its watches", async () => {
      const { ends } = collect(at.store, "/", 0);
      const last = at.store.commit([put("/a", "1")]);
      await at.store.close();
      expect((await last).revision).toBe(1);
      expect(ends.map((error) => error.reason)).toEqual(["closed"]);
      expect((await refusal(at.store.commit([put("/a", "1")]))).reason).toBe("closed");
      await at.store.close();
    });
  });
}

export function preconditions(at: Contract): void {
  describe("preconditions", () => {
    test("preconditions hold or nothing happens, and the refusal names the operation and what was there", async () => {
      await at.store.commit([put("/a", "1")]);
      const refused: [Operation[], number][] = [
        [[put("/a", "2", "absent")], 0],
        [[put("/n", "2"), put("/b", "2", "present")], 1],
        [[put("/a", "2", { revision: 7 })], 0],
        [[remove("/b", "present")], 0],
        [[put("/n", "2"), check("/a", "absent")], 1],
        [[put("/n", "2"), check("/b", { revision: 1 })], 1],
      ];
      for (const [operations, index] of refused) {
        const error = await refusal(at.store.commit(operations));
        expect(error).toMatchObject({ reason: "conflict", operation: index });
        expect(text(error.actual?.value)).toBe(operations[index]?.key === "/a" ? "1" : undefined);
      }
      expect(await at.keys("/")).toEqual(["/a=1@1"]);
      expect(await at.store.revision()).toBe(1);
      await at.store.commit([put("/a", "2", { revision: 1 }), check("/b", "absent"), put("/b", "2", "absent")]);
      await at.store.commit([remove("/a", "present"), check("/b", "present")]);
      expect(await at.keys("/")).toEqual(["/b=2@3"]);
    });

    test("a second write sees the first before it is durable", async () => {
      const results = await Promise.allSettled([
        at.store.commit([put("/a", "1", "absent")]),
        at.store.commit([put("/a", "2", "absent")]),
        at.store.commit([put("/a", "3", { revision: 1 })]),
        at.store.commit([remove("/a", { revision: 2 })]),
        at.store.commit([put("/a", "4", "absent")]),
      ]);
      expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
      expect(await at.keys("/")).toEqual(["/a=4@4"]);
    });

    test("whoever is refused and reads again sees why", async () => {
      const first = at.store.commit([put("/a", "1", "absent")]);
      const second = at.store.commit([put("/a", "2", "absent")]).catch(async (error: StoreError) => {
        expect(error.actual?.revision).toBe(1);
        expect(text((await at.store.get("/a"))?.value)).toBe("1");
        return "refused";
      });
      expect(await second).toBe("refused");
      await first;
    });
  });
}

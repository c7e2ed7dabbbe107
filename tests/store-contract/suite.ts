/**
 * The contract of src/store/store.ts as tests, run for every backend. A backend gives a way to open a store on a clock; where
 * its state outlives `close`, it also gives a way to open the same state again.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { virtualClock } from "../../src/base/virtual-clock.ts";
import { type Backend, type Contract, collect, put, remove, text } from "./contract.ts";
import { checkAgainstModel } from "./model.ts";
import { compaction, ranges } from "./reads.ts";
import { timeToLive } from "./time-to-live.ts";
import { acceptance, preconditions } from "./transactions.ts";
import { watchCalls, watches } from "./watches.ts";

export function storeContract(backend: Backend): void {
  describe(`store contract: ${backend.name}`, () => {
    const at = {
      async keys(prefix: string, revision?: number): Promise<string[]> {
        const { entries } = await at.store.range({ prefix, ...(revision !== undefined && { revision }) });
        return entries.map((entry) => `${entry.key}=${text(entry.value)}@${entry.revision}`);
      },
    } as Contract;

    beforeEach(async () => {
      at.clock = virtualClock();
      at.store = await backend.open(at.clock);
    });
    afterEach(async () => {
      await at.store.close();
      await backend.cleanUp();
    });

    for (const part of [acceptance, preconditions, ranges, watches, watchCalls, compaction, timeToLive]) part(at);
    randomWork(at, backend);
    if (backend.reopen !== undefined) restart(at, backend.reopen.bind(backend));
  });
}

function randomWork(at: Contract, backend: Backend): void {
  test("agrees with a simple model under random concurrent work", { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= backend.seeds; seed++) {
      await at.store.close();
      await backend.cleanUp();
      at.store = await backend.open(at.clock);
      await checkAgainstModel(at.store, seed, backend.steps);
    }
  });
}

function restart(at: Contract, reopen: NonNullable<Backend["reopen"]>): void {
  test("state, history, compaction and time to live outlive a restart", async () => {
    await at.store.commit([put("/a", "1"), put("/b", "1", "any", 60), put("/c", "1")]);
    await at.store.commit([put("/a", "2"), remove("/c")]);
    await at.store.compact(3);
    await at.store.close();
    at.store = await reopen(at.clock);
    expect(await at.store.revision()).toBe(5);
    expect(await at.store.compactedRevision()).toBe(3);
    expect(await at.keys("/", 3)).toEqual(["/a=1@1", "/b=1@2", "/c=1@3"]);
    expect(await at.keys("/")).toEqual(["/a=2@4", "/b=1@2"]);
    const { events } = collect(at.store, "/", 3);
    await expect.poll(() => events.length).toBe(2);
    expect((await at.store.commit([put("/d", "1", "absent")])).revision).toBe(6);
    await at.clock.advance(70_000);
    expect(await at.keys("/")).toEqual(["/a=2@4", "/d=1@6"]);
  });
}

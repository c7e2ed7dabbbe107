import { expect, test } from "vitest";
import { virtualClock } from "../base/virtual-clock.ts";
import { startCompactor } from "./compactor.ts";
import { createMemoryStore } from "./memory/memory-store.ts";

test("every revision is served for one interval at least and two at most", async () => {
  const clock = virtualClock();
  const store = createMemoryStore({ clock });
  const errors: unknown[] = [];
  const compactor = startCompactor({ store, clock, intervalMs: 1000, onError: (error) => errors.push(error) });
  const write = () => store.commit([{ type: "put", key: "/a", value: new Uint8Array(1), if: "any" }]);

  await write();
  await clock.advance(1500);
  await write();
  expect(await store.compactedRevision()).toBe(0);
  await clock.advance(1000);
  expect(await store.compactedRevision()).toBe(1);
  await clock.advance(1000);
  expect(await store.compactedRevision()).toBe(2);

  compactor.stop();
  await write();
  await clock.advance(10_000);
  expect(await store.compactedRevision()).toBe(2);
  expect(errors).toEqual([]);
});

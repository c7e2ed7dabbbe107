import { expect, test } from "vitest";
import { expiringMap } from "./expiring-map.ts";
import { virtualClock } from "./virtual-clock.ts";

function counted(keepMs: (answer: number) => number, limit = 2) {
  const clock = virtualClock();
  const map = expiringMap<number>({ clock, limit, keepMs });
  let asked = 0;
  const ask = (key: string) => map.get(key, async () => ++asked);
  return { clock, map, ask };
}

test("an answer is asked for once while it is good, however many want it", async () => {
  const { clock, ask } = counted(() => 1_000);
  expect(await Promise.all([ask("a"), ask("a")])).toEqual([1, 1]);
  await clock.advance(999);
  expect(await ask("a")).toBe(1);
  await clock.advance(1);
  expect(await ask("a")).toBe(2);
});

test("an answer that is not to be kept is asked for again, and so is one that failed", async () => {
  const { ask, map } = counted(() => 0);
  expect([await ask("a"), await ask("a")]).toEqual([1, 2]);
  await expect(map.get("b", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await ask("b")).toBe(3);
});

test("what was not used for longest makes room", async () => {
  const { ask } = counted(() => 1_000);
  for (const key of ["a", "b", "a", "c"]) await ask(key);
  expect([await ask("a"), await ask("b")]).toEqual([1, 4]);
});

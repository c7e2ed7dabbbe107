import { describe, expect, test } from "vitest";
import { virtualClock } from "../base/virtual-clock.ts";
import { createWorkQueue } from "./work-queue.ts";

describe("a work queue", () => {
  test("works on a key once, however often it is added before", async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    const queue = createWorkQueue({ name: "q", clock, work: async (key) => void seen.push(key) });
    for (const key of ["a", "b", "a", "a"]) queue.add(key);
    await clock.settle();
    expect(seen).toEqual(["a", "b"]);
  });

  test("never works on a key twice at once, and comes back to one added meanwhile", async () => {
    const clock = virtualClock();
    const running = new Set<string>();
    let runs = 0;
    const queue = createWorkQueue({
      name: "q",
      clock,
      async work(key) {
        expect(running.has(key)).toBe(false);
        running.add(key);
        if (runs++ === 0) queue.add(key);
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        running.delete(key);
      },
    });
    queue.add("a");
    await clock.settle();
    expect(runs).toBe(2);
  });

  test("tries again what failed, each time after twice the delay, until it succeeds", async () => {
    const clock = virtualClock();
    const at: number[] = [];
    const queue = createWorkQueue({
      name: "q",
      clock,
      async work() {
        at.push(clock.monotonic());
        if (at.length < 5) throw new Error("not yet");
      },
    });
    queue.add("a");
    await clock.advance(10_000);
    expect(at).toEqual([0, 5, 15, 35, 75]);
  });

  test("takes the earliest of several delays", async () => {
    const clock = virtualClock();
    const at: number[] = [];
    const queue = createWorkQueue({ name: "q", clock, work: async () => void at.push(clock.monotonic()) });
    queue.addAfter("a", 100);
    queue.addAfter("a", 30);
    queue.addAfter("a", 200);
    await clock.advance(1_000);
    expect(at).toEqual([30]);
  });

  test("asks again for keys that found no room", async () => {
    const clock = virtualClock();
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    const seen = new Set<string>();
    const refill = () => keys.filter((key) => !seen.has(key));
    const queue = createWorkQueue({ name: "q", clock, workers: 1, limit: 10, refill, work: async (key) => void seen.add(key) });
    for (const key of keys) queue.add(key);
    await clock.settle();
    expect(seen.size).toBe(50);
  });

  test("stops after its last work, also where that key was added again meanwhile", async () => {
    const clock = virtualClock();
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    const queue = createWorkQueue({
      name: "q",
      clock,
      async work(key) {
        seen.push(key);
        await gate.promise;
      },
    });
    queue.add("a");
    while (seen.length === 0) await Promise.resolve();
    queue.add("a");
    const stopped = queue.stop();
    gate.resolve();
    await stopped;
    expect(seen).toEqual(["a"]);
  });

  test("ends the work under way before it has stopped, and begins no other", async () => {
    const clock = virtualClock();
    const ended: string[] = [];
    const queue = createWorkQueue({
      name: "q",
      clock,
      workers: 1,
      async work(key) {
        await Promise.resolve();
        ended.push(key);
      },
    });
    queue.add("a");
    queue.add("b");
    await Promise.resolve();
    await Promise.resolve();
    await queue.stop();
    expect(ended).toEqual(["a"]);
  });
});

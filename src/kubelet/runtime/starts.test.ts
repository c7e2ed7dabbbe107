import { expect, test } from "vitest";
import { virtualClock } from "../../base/virtual-clock.ts";
import type { Runtime } from "./runtime.ts";
import { followStarts } from "./starts.ts";

/** A runtime whose calls take as long as they are told to. */
function bench() {
  const clock = virtualClock();
  const finish: (() => void)[] = [];
  const call = () => new Promise<string>((resolve) => finish.push(() => resolve("id")));
  const runtime = { runPodSandbox: call, createContainer: call, startContainer: async () => call() } as unknown as Runtime;
  const starts = followStarts(runtime, clock);
  let over = false;
  return {
    clock,
    starts,
    start: () => starts.runtime.runPodSandbox({} as never, ""),
    finishOne: () => finish.shift()?.(),
    wait(limitMs: number) {
      void starts.over(limitMs).then(() => {
        over = true;
      });
    },
    isOver: () => over,
  };
}

test("nothing is waited for while nothing starts", async () => {
  const { clock, wait, isOver } = bench();
  wait(5_000);
  await clock.settle();
  expect(isOver()).toBe(true);
});

test("starts are over a moment after the last of them", async () => {
  const { clock, start, finishOne, wait, isOver } = bench();
  const both = [start(), start()];
  wait(5_000);
  finishOne();
  await clock.advance(1_000);
  expect(isOver()).toBe(false);
  finishOne();
  await Promise.all(both);
  await clock.advance(1_000);
  expect(isOver()).toBe(true);
});

test("the next call for the same Pod goes on with its start", async () => {
  const { clock, start, finishOne, wait, isOver } = bench();
  const first = start();
  wait(5_000);
  finishOne();
  await first;
  const second = start();
  await clock.advance(1_000);
  expect(isOver()).toBe(false);
  finishOne();
  await second;
  await clock.advance(1_000);
  expect(isOver()).toBe(true);
});

test("a start that hangs is waited for no longer than the limit", async () => {
  const { clock, start, wait, isOver } = bench();
  void start();
  wait(5_000);
  await clock.advance(4_999);
  expect(isOver()).toBe(false);
  await clock.advance(1);
  expect(isOver()).toBe(true);
});

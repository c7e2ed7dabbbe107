import { describe, expect, test } from "vitest";
import type { Pod } from "../api/generated/core-v1.ts";
import { virtualClock } from "../base/virtual-clock.ts";
import { type PodInfo, podInfo } from "./core/pod-info.ts";
import { resourceNames } from "./core/resource-names.ts";
import { schedulingQueue } from "./queue.ts";

const pod = (name: string, priority = 0): PodInfo =>
  podInfo(
    {
      metadata: { name, namespace: "default", uid: name, resourceVersion: "1", creationTimestamp: "" },
      spec: { containers: [], priority },
      status: {},
    } as unknown as Pod,
    resourceNames(),
  );

function bench() {
  const clock = virtualClock();
  let readied = 0;
  const queue = schedulingQueue(clock, () => readied++);
  /** Names in the order in which they are taken. */
  const taken = (): string[] => {
    const names: string[] = [];
    for (let info = queue.take(); info !== undefined; info = queue.take()) names.push(info.uid);
    return names;
  };
  return { clock, queue, taken, readied: () => readied };
}

describe("the scheduling queue", () => {
  test("gives the highest priority first, and among equals the one that waits longest", () => {
    const { queue, taken } = bench();
    for (const info of [pod("a"), pod("b", 10), pod("c"), pod("d", 10)]) queue.set(info);
    expect(taken()).toEqual(["b", "d", "a", "c"]);
    expect(queue.counts.trying).toBe(4);
  });

  test("keeps a gated Pod back until its gates are gone", () => {
    const { queue, taken } = bench();
    queue.set(pod("a"), { gated: true });
    queue.wake("Node:added");
    expect(taken()).toEqual([]);
    queue.set(pod("a"), { gated: false });
    expect(taken()).toEqual(["a"]);
  });

  test("wakes a Pod for what may help it, and for nothing else", async () => {
    const { clock, queue, taken } = bench();
    queue.set(pod("a"));
    taken();
    queue.putBack("a", ["Node:labels"]);
    await clock.advance(60_000);
    queue.wake("Node:taints");
    expect(taken()).toEqual([]);
    queue.wake("Node:labels");
    expect(taken()).toEqual(["a"]);
  });

  test("lets others go before a woken Pod that was tried just now, and tries it at once where there are none", () => {
    const { queue, taken, readied } = bench();
    queue.set(pod("a"));
    taken();
    queue.putBack("a", ["Pod:removed"]);
    const before = readied();
    queue.wake("Pod:removed");
    expect(queue.counts.backoff).toBe(1);
    expect(readied()).toBe(before + 1);
    queue.set(pod("b"));
    expect(taken()).toEqual(["b", "a"]);
  });

  test("keeps a Pod back after an error until its backoff is over, longer each time", async () => {
    const { clock, queue, taken, readied } = bench();
    queue.set(pod("a"));
    for (const backoffMs of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      expect(taken()).toEqual(["a"]);
      queue.putBack("a", undefined);
      expect(queue.counts.backoff).toBe(1);
      expect(taken()).toEqual([]);
      const before = readied();
      await clock.advance(backoffMs - 1);
      expect(readied()).toBe(before);
      await clock.advance(1);
      expect(readied()).toBe(before + 1);
    }
  });

  test("brings a Pod back after an error without any change", async () => {
    const { clock, queue, taken } = bench();
    queue.set(pod("a"));
    taken();
    queue.putBack("a", undefined);
    await clock.advance(1_000);
    expect(taken()).toEqual(["a"]);
  });

  test("tries a Pod again after five minutes though nothing seemed to change", async () => {
    const { clock, queue, taken } = bench();
    queue.set(pod("a"));
    taken();
    queue.putBack("a", ["Node:added"]);
    await clock.advance(4 * 60_000);
    expect(taken()).toEqual([]);
    await clock.advance(90_000);
    expect(taken()).toEqual(["a"]);
  });

  test("wakes one Pod by name, whatever it waits for", async () => {
    const { clock, queue, taken } = bench();
    for (const name of ["a", "b"]) queue.set(pod(name));
    taken();
    for (const name of ["a", "b"]) queue.putBack(name, ["Node:added"]);
    await clock.advance(10_000);
    queue.awaken("b");
    expect(taken()).toEqual(["b"]);
  });

  test("forgets a Pod that was removed, wherever it waited", async () => {
    const { clock, queue, taken } = bench();
    for (const name of ["active", "waiting", "backoff"]) queue.set(pod(name));
    queue.remove("active");
    taken();
    queue.putBack("waiting", ["Node:added"]);
    queue.putBack("backoff", undefined);
    for (const name of ["waiting", "backoff"]) queue.remove(name);
    queue.wake("Node:added");
    await clock.advance(10 * 60_000);
    expect(taken()).toEqual([]);
    expect(queue.counts).toEqual({ active: 0, waiting: 0, backoff: 0, gated: 0, trying: 0 });
  });
});

import { describe, expect, test } from "vitest";
import { startCluster } from "../../src/index.ts";
import { type RunSize, simulate } from "./run.ts";

const full = process.env.TIMONIER_TEST_SIZE === "full";
const LARGE: RunSize = { nodes: 100, replicas: full ? 200 : 40 };
const SMALL: RunSize = { nodes: 5, replicas: 8 };
const SEEDS = full ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2];

/** The first line in which two histories differ; comparing them whole would print megabytes. */
function firstDifference(a: readonly string[], b: readonly string[]): object | undefined {
  const index = Array.from({ length: Math.max(a.length, b.length) }).findIndex((_, line) => a[line] !== b[line]);
  return index < 0 ? undefined : { line: index, first: a[index], second: b[index] };
}

describe("a run on the virtual clock", () => {
  test("with 100 nodes, a rollout, a node's death and a Namespace's end has the same history, byte for byte, from the same seed", async () => {
    const first = await simulate(7, LARGE);
    const second = await simulate(7, LARGE);

    expect(firstDifference(first, second)).toBeUndefined();
    expect(first.length).toBeGreaterThan(1000);
  }, 240_000);

  test.each(SEEDS)("repeats whatever the process did before (seed %i)", async (seed) => {
    const quiet = await simulate(seed, SMALL);
    const [busy] = await Promise.all([simulate(seed, SMALL), simulate(seed + 100, SMALL)]);

    expect(firstDifference(quiet, busy)).toBeUndefined();
  });

  test("has another history from another seed", async () => {
    const [first, second] = [await simulate(1, SMALL), await simulate(2, SMALL)];

    expect(firstDifference(first, second)).toBeDefined();
  });

  test("fails where real input is awaited, and says by whom", async () => {
    await using cluster = await startCluster({ clock: "virtual", nodes: 1 });
    const activity = cluster.clock.hold("a plugin that reads a file");

    await expect(cluster.advance("1s")).rejects.toThrow("still at work: a plugin that reads a file");
    activity.release();
  });

  test("goes on for hours: watches end and begin again, nodes stay ready", async () => {
    await using cluster = await startCluster({ clock: "virtual", nodes: 1 });
    await cluster.advance("3h");

    expect(await cluster.condition("Node/node-1", "Ready")).toMatchObject({ status: "True" });
  });
});

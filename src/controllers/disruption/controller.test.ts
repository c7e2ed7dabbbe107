import { describe, expect, test } from "vitest";
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { Event } from "../../api/core/event.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { PodDisruptionBudget } from "../../api/policy/pod-disruption-budget.ts";
import { replicaSetController } from "../replica-set/controller.ts";
import { type Bench, controllerBench, runPods } from "../testing/bench.ts";
import { disruptionController } from "./controller.ts";

const labels = { app: "web" };
const status = (bench: Bench) => bench.client.all<PodDisruptionBudget>(PodDisruptionBudget)[0]?.status;

async function start(spec: object): Promise<Bench> {
  const bench = await controllerBench({ controllers: [replicaSetController, disruptionController] });
  const selector = { matchLabels: labels };
  bench.client.seed(PodDisruptionBudget, {
    metadata: { namespace: "default", name: "b" },
    spec: { selector, ...spec },
    status: {},
  });
  return bench;
}

async function addReplicas(bench: Bench, replicas: number): Promise<{ stop(): void }> {
  const kubelet = runPods(bench.client, bench.clock);
  const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "x" }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  bench.client.seed(ReplicaSet, { metadata: { namespace: "default", name: "web" }, spec, status: { replicas: 0 } });
  await bench.clock.advance(1_000);
  return kubelet;
}

describe("the disruption controller", () => {
  test.each([
    [{ minAvailable: 2 }, { desiredHealthy: 2, disruptionsAllowed: 2 }],
    [{ minAvailable: "51%" }, { desiredHealthy: 3, disruptionsAllowed: 1 }],
    [{ maxUnavailable: 1 }, { desiredHealthy: 3, disruptionsAllowed: 1 }],
    [{ maxUnavailable: "0%" }, { desiredHealthy: 4, disruptionsAllowed: 0 }],
  ])("of four Pods, %j allows %j", async (spec, expected) => {
    await using bench = await start(spec);
    const kubelet = await addReplicas(bench, 4);
    expect(status(bench)).toMatchObject({ currentHealthy: 4, expectedPods: 4, ...expected });
    expect(status(bench)?.conditions).toMatchObject([
      { type: "DisruptionAllowed", reason: expected.disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods" },
    ]);
    kubelet.stop();
  });

  test("cannot take a percentage of Pods that nobody manages, and says so", async () => {
    await using bench = await start({ maxUnavailable: "50%" });
    bench.client.seed(Pod, { metadata: { namespace: "default", name: "lone", labels }, spec: { containers: [] }, status: {} });
    await bench.clock.settle();
    expect(status(bench)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(bench.client.all<Event>(Event).map(({ reason }) => reason)).toContain("UnmanagedPods");
  });
});

import { describe, expect, test } from "vitest";
import { ControllerRevision } from "../../api/apps/controller-revision.ts";
import { DaemonSet } from "../../api/apps/daemon-set.ts";
import { Event } from "../../api/core/event.ts";
import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { type Bench, controllerBench } from "../testing/bench.ts";
import { daemonSetController } from "./controller.ts";
import { failureBackoff } from "./failure-backoff.ts";
import { nodeOf } from "./placement.ts";

const ref = { namespace: "default", name: "agent" };

const template = (image: string) => ({
  metadata: { labels: { app: "agent" } },
  spec: { containers: [{ name: "main", image }], nodeSelector: { role: "worker" } },
});

const addNode = (bench: Bench, name: string, taints: object[] = []): void =>
  void bench.client.seed(Node, { metadata: { name, labels: { role: "worker" } }, spec: { taints }, status: {} });

async function start(updateStrategy: object, nodes = 3): Promise<Bench> {
  const bench = await controllerBench({ controllers: [daemonSetController()] });
  for (let node = 1; node <= nodes; node++) addNode(bench, `node-${node}`);
  bench.client.seed(DaemonSet, {
    metadata: { ...ref, generation: 1 },
    spec: { selector: { matchLabels: { app: "agent" } }, template: template("agent:1"), updateStrategy },
    status: {},
  });
  await bench.clock.settle();
  return bench;
}

const pods = (bench: Bench) => bench.client.all<Pod>(Pod);
const places = (bench: Bench) => pods(bench).map(nodeOf).sort();
const images = (bench: Bench) =>
  pods(bench)
    .map(({ spec }) => spec.containers[0]?.image)
    .sort();
const status = async (bench: Bench) => (await bench.client.get(DaemonSet, ref)).status;

async function setPhase(bench: Bench, phase: string, of = pods(bench)): Promise<void> {
  const ready = { type: "Ready", status: "True", lastTransitionTime: new Date(bench.clock.now()).toISOString() };
  const next = { phase, conditions: phase === "Running" ? [ready] : [] };
  for (const pod of of)
    await bench.client.patch(Pod, { ...ref, name: pod.metadata.name }, "merge", {
      spec: { nodeName: nodeOf(pod) },
      status: next,
    });
  await bench.clock.settle();
}

async function roll(bench: Bench): Promise<void> {
  await bench.client.patch(DaemonSet, ref, "merge", { spec: { template: template("agent:2") } });
  await bench.clock.settle();
}

const rolling = (rollingUpdate: object) => ({ type: "RollingUpdate", rollingUpdate });

describe("the DaemonSet controller", () => {
  test("runs one Pod on each node that fits and counts them", async () => {
    await using bench = await start(rolling({ maxUnavailable: 1 }));
    bench.client.seed(Node, { metadata: { name: "other", labels: {} }, spec: {}, status: {} });
    addNode(bench, "tainted", [{ key: "dedicated", effect: "NoSchedule" }]);
    addNode(bench, "cordoned", [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }]);
    await bench.clock.settle();
    expect(places(bench)).toEqual(["cordoned", "node-1", "node-2", "node-3"]);
    await setPhase(bench, "Running");
    expect(await status(bench)).toMatchObject({
      currentNumberScheduled: 4,
      desiredNumberScheduled: 4,
      numberReady: 4,
      numberAvailable: 4,
      updatedNumberScheduled: 4,
      numberMisscheduled: 0,
    });
    expect(bench.complaints).toEqual([]);
  });

  test("replaces as many Pods at once as may be unavailable", async () => {
    await using bench = await start(rolling({ maxUnavailable: 1 }));
    await setPhase(bench, "Running");
    await roll(bench);
    expect(images(bench)).toEqual(["agent:1", "agent:1", "agent:2"]);
    for (let step = 0; step < 3; step++) await setPhase(bench, "Running");
    expect(images(bench)).toEqual(["agent:2", "agent:2", "agent:2"]);
    expect(bench.client.all<ControllerRevision>(ControllerRevision).map(({ revision }) => revision)).toEqual([1, 2]);
  });

  test("starts a new Pod beside the old one where it may surge, and ends the old one when the new one is available", async () => {
    await using bench = await start(rolling({ maxSurge: 1, maxUnavailable: 0 }), 1);
    await setPhase(bench, "Running");
    await roll(bench);
    expect(images(bench)).toEqual(["agent:1", "agent:2"]);
    await setPhase(bench, "Running");
    expect(images(bench)).toEqual(["agent:2"]);
  });

  test("waits for Pods to be deleted where the strategy is OnDelete", async () => {
    await using bench = await start({ type: "OnDelete" }, 1);
    await setPhase(bench, "Running");
    await roll(bench);
    expect(images(bench)).toEqual(["agent:1"]);
    await bench.client.delete(Pod, { ...ref, name: pods(bench)[0]?.metadata.name ?? "" });
    await bench.clock.settle();
    expect(images(bench)).toEqual(["agent:2"]);
  });

  test("replaces a failed Pod, the next time on its node after a while", async () => {
    await using bench = await start(rolling({ maxUnavailable: 1 }), 1);
    const [first] = pods(bench);
    await setPhase(bench, "Failed");
    const [second] = pods(bench);
    expect(second?.metadata.uid).not.toBe(first?.metadata.uid);
    await setPhase(bench, "Failed");
    expect(pods(bench)[0]?.metadata.uid).toBe(second?.metadata.uid);
    await bench.clock.advance(1_000);
    expect(pods(bench)[0]?.metadata.uid).not.toBe(second?.metadata.uid);
    expect(bench.client.all<Event>(Event).map(({ reason }) => reason)).toContain("FailedDaemonPod");
  });
});

test("the wait for a failed Pod doubles, and starts anew with another generation", () => {
  const backoff = failureBackoff();
  const wait = (nowMs: number, generation = 1): number => backoff.waitMs({ key: "a", generation, node: "n", nowMs });
  expect([wait(0), wait(400), wait(1_000), wait(2_000), wait(3_000), wait(4_000)]).toEqual([0, 600, 0, 1_000, 0, 3_000]);
  expect(wait(4_000, 2)).toBe(0);
});

import { describe, expect, test } from "vitest";
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { Event } from "../../api/core/event.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { ApiError } from "../../api/errors.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type Bench, controllerBench } from "../testing/bench.ts";
import { planReplicas, replicaSetController } from "./controller.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image: "web:1" }] } };

const replicaSet = (replicas: number, more: object = {}) => ({
  metadata: { namespace: "default", name: "web" },
  spec: { replicas, selector: { matchLabels: { app: "web" } }, template, ...more },
  status: { replicas: 0 },
});

async function start(replicas: number): Promise<Bench> {
  const bench = await controllerBench({ controllers: [replicaSetController] });
  bench.client.seed(ReplicaSet, replicaSet(replicas));
  await bench.clock.settle();
  return bench;
}

const makeReady = (bench: Bench) => {
  const lastTransitionTime = new Date(bench.clock.now()).toISOString();
  return Promise.all(
    bench.client.all<Pod>(Pod).map(({ metadata: { namespace = "", name } }) =>
      bench.client.patch(Pod, { namespace, name }, "merge", {
        status: { phase: "Running", conditions: [{ type: "Ready", status: "True", lastTransitionTime }] },
      }),
    ),
  );
};

const status = (bench: Bench) => bench.client.all<ReplicaSet>(ReplicaSet)[0]?.status;

describe("the ReplicaSet controller", () => {
  test("creates the Pods that are missing, once", async () => {
    await using bench = await start(3);
    const pods = bench.client.all<Pod>(Pod);
    expect(pods).toHaveLength(3);
    expect(pods[0]?.metadata).toMatchObject({
      generateName: "web-",
      labels: { app: "web" },
      ownerReferences: [{ kind: "ReplicaSet", controller: true }],
    });
    expect(bench.client.all<Event>(Event).map(({ reason }) => reason)).toEqual([
      "SuccessfulCreate",
      "SuccessfulCreate",
      "SuccessfulCreate",
    ]);
    expect(status(bench)).toEqual({ replicas: 3, fullyLabeledReplicas: 3, observedGeneration: 1, terminatingReplicas: 0 });
  });

  test("counts ready Pods, and those ready for minReadySeconds as available", async () => {
    await using bench = await start(2);
    await bench.client.patch(ReplicaSet, { namespace: "default", name: "web" }, "merge", { spec: { minReadySeconds: 10 } });
    await makeReady(bench);
    await bench.clock.settle();
    expect(status(bench)).toMatchObject({ readyReplicas: 2 });
    expect(status(bench)).not.toHaveProperty("availableReplicas");
    await bench.clock.advance(10_000);
    expect(status(bench)).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
  });

  test("adopts an orphan that matches and releases a Pod that no longer does", async () => {
    await using bench = await start(0);
    bench.client.seed(Pod, {
      metadata: { namespace: "default", name: "lone", labels: { app: "web" } },
      spec: {},
      status: { phase: "Running" },
    });
    await bench.client.patch(ReplicaSet, { namespace: "default", name: "web" }, "merge", { spec: { replicas: 1 } });
    await bench.clock.settle();
    expect(bench.client.all<Pod>(Pod)).toHaveLength(1);
    expect(bench.client.all<Pod>(Pod)[0]?.metadata.ownerReferences).toMatchObject([{ name: "web" }]);

    await bench.client.patch(Pod, { namespace: "default", name: "lone" }, "merge", { metadata: { labels: { app: "other" } } });
    await bench.clock.settle();
    const [lone, fresh] = bench.client.all<Pod>(Pod);
    expect(lone?.metadata.ownerReferences).toEqual([]);
    expect(fresh?.metadata.labels).toEqual({ app: "web" });
  });

  test("says why it cannot create, and takes it back when it can", async () => {
    await using bench = await controllerBench({ controllers: [replicaSetController] });
    bench.client.refuse = (verb, of) =>
      verb === "create" && of === Pod ? new ApiError({ code: 403, reason: "Forbidden", message: "exceeded quota" }) : undefined;
    bench.client.seed(ReplicaSet, replicaSet(4));
    await bench.clock.settle();
    expect(status(bench)?.conditions).toMatchObject([
      { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" },
    ]);
    expect(bench.client.all<Event>(Event)[0]).toMatchObject({
      type: "Warning",
      reason: "FailedCreate",
      message: "Error creating: exceeded quota",
    });
    bench.client.refuse = undefined;
    await bench.clock.advance(60_000);
    expect(bench.client.all<Pod>(Pod)).toHaveLength(4);
    expect(status(bench)?.conditions).toBeUndefined();
  });
});

describe("deleting surplus Pods", () => {
  const pod = (name: string, more: { node?: string; cost?: string; ready?: string; phase?: string }): DeepReadonly<Pod> =>
    ({
      metadata: {
        name,
        uid: name,
        creationTimestamp: "2026-01-01T00:00:00Z",
        annotations: more.cost ? { "controller.kubernetes.io/pod-deletion-cost": more.cost } : {},
      },
      spec: { nodeName: more.node ?? "node-1", containers: [] },
      status: {
        phase: more.phase ?? "Running",
        conditions: more.ready ? [{ type: "Ready", status: "True", lastTransitionTime: more.ready }] : [],
      },
    }) as unknown as DeepReadonly<Pod>;
  const order = { nowMs: Date.parse("2026-01-02T00:00:00Z"), neighbours: (node: string) => (node === "crowded" ? 5 : 1) };
  const doomed = (...pods: DeepReadonly<Pod>[]) => planReplicas(1, pods, order).remove.map(({ metadata }) => metadata.name);

  test.each([
    ["not bound before bound", pod("a", { node: "" }), pod("b", {})],
    ["Pending before Running", pod("a", { phase: "Pending" }), pod("b", {})],
    ["not ready before ready", pod("a", {}), pod("b", { ready: "2026-01-01T00:00:00Z" })],
    ["low cost before crowded node", pod("a", { cost: "-5" }), pod("b", { node: "crowded" })],
    ["crowded node first", pod("a", { node: "crowded" }), pod("b", {})],
    ["ready for a shorter time first", pod("a", { ready: "2026-01-01T23:59:00Z" }), pod("b", { ready: "2026-01-01T00:00:00Z" })],
  ])("takes %s", (_, first, second) => {
    expect(doomed(first, second)).toEqual(["a"]);
    expect(doomed(second, first)).toEqual(["a"]);
  });
});

import { describe, expect, test } from "vitest";
import { Deployment } from "../../api/apps/deployment.ts";
import { ReplicaSet } from "../../api/apps/replica-set.ts";
import { Event } from "../../api/core/event.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { replicaSetController } from "../replica-set/controller.ts";
import { type Bench, controllerBench, runPods } from "../testing/bench.ts";
import { deploymentController } from "./controller.ts";

const ref = { namespace: "default", name: "web" };

const template = (image: string) => ({ metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image }] } });

interface Options {
  replicas?: number;
  strategy?: object;
  broken?: string;
}

async function start({ replicas = 4, strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }, broken }: Options = {}) {
  const bench = await controllerBench({ controllers: [deploymentController, replicaSetController] });
  runPods(bench.client, bench.clock, (pod) => pod.spec.containers[0]?.image === broken);
  bench.client.seed(Deployment, {
    metadata: ref,
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: template("web:1"),
      strategy,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 1,
    },
  });
  await bench.clock.advance(1_000);
  return bench;
}

const deployment = (bench: Bench): Promise<Deployment> => bench.client.get(Deployment, ref);
const conditions = async (bench: Bench) =>
  Object.fromEntries(
    ((await deployment(bench)).status.conditions ?? []).map(({ type, status, reason, message }) => [
      type,
      { status, reason, message },
    ]),
  );
const sets = (bench: Bench) => bench.client.all<ReplicaSet>(ReplicaSet);
const roll = async (bench: Bench, image: string) => {
  await bench.client.patch(Deployment, ref, "merge", { spec: { template: template(image) } });
  await bench.clock.advance(2_000);
};
const eventWords = (bench: Bench) =>
  bench.client
    .all<Event>(Event)
    .filter(({ reason }) => reason === "ScalingReplicaSet")
    .map(({ message }) => message?.replace(/web-[a-z0-9]+/, "web-H"));

describe("the Deployment controller", () => {
  test("makes a ReplicaSet named by the hash of the template and reports it available", async () => {
    await using bench = await start();
    const [set] = sets(bench);
    const hash = set?.metadata.labels?.["pod-template-hash"];
    expect(set?.metadata).toMatchObject({
      name: `web-${hash}`,
      annotations: {
        "deployment.kubernetes.io/revision": "1",
        "deployment.kubernetes.io/desired-replicas": "4",
        "deployment.kubernetes.io/max-replicas": "5",
      },
    });
    expect(set?.spec.selector).toEqual({ matchLabels: { app: "web", "pod-template-hash": hash } });
    expect(await conditions(bench)).toEqual({
      Available: { status: "True", reason: "MinimumReplicasAvailable", message: "Deployment has minimum availability." },
      Progressing: {
        status: "True",
        reason: "NewReplicaSetAvailable",
        message: `ReplicaSet "web-${hash}" has successfully progressed.`,
      },
    });
    const { status, metadata } = await deployment(bench);
    expect(status).toMatchObject({
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      terminatingReplicas: 0,
    });
    expect(metadata.annotations).toEqual({ "deployment.kubernetes.io/revision": "1" });
    expect(bench.complaints).toEqual([]);
  });

  test("keeps within maxSurge and maxUnavailable while it rolls", async () => {
    await using bench = await start();
    let most = 0;
    let least = 4;
    const watching = new AbortController();
    void bench.client.watch(Pod, { resourceVersion: "", signal: watching.signal }, () => {
      const pods = bench.client.all<Pod>(Pod);
      most = Math.max(most, pods.length);
      least = Math.min(least, pods.filter(({ status }) => status.conditions?.length).length);
    });
    await roll(bench, "web:2");
    watching.abort();
    expect(bench.client.all<Pod>(Pod).map(({ spec }) => spec.containers[0]?.image)).toEqual(Array(4).fill("web:2"));
    expect(most).toBe(5);
    expect(least).toBeGreaterThanOrEqual(3);
  });

  test("goes back to the ReplicaSet of an earlier template and keeps its revisions", async () => {
    await using bench = await start({ replicas: 1 });
    await roll(bench, "web:2");
    await roll(bench, "web:1");
    expect(sets(bench)).toHaveLength(2);
    const back = sets(bench).find(({ spec }) => spec.replicas === 1);
    expect(back?.metadata.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "3",
      "deployment.kubernetes.io/revision-history": "1",
    });
    expect((await deployment(bench)).metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "3" });
  });

  test("deletes ReplicaSets beyond the history limit", async () => {
    await using bench = await start({ replicas: 1 });
    await roll(bench, "web:2");
    await roll(bench, "web:3");
    await roll(bench, "web:4");
    expect(sets(bench).map(({ spec }) => spec.template.spec.containers[0]?.image)).toEqual(["web:3", "web:4"]);
  });

  test("ends old Pods before it starts new ones where the strategy is Recreate", async () => {
    await using bench = await start({ replicas: 2, strategy: { type: "Recreate" } });
    await roll(bench, "web:2");
    expect(eventWords(bench)).toEqual([
      "Scaled up replica set web-H from 0 to 2",
      "Scaled down replica set web-H from 2 to 0",
      "Scaled up replica set web-H from 0 to 2",
    ]);
  });

  test("says that it is stuck once the progress deadline has passed, and that it goes on when it does", async () => {
    await using bench = await start({ broken: "web:2" });
    await roll(bench, "web:2");
    await bench.clock.advance(590_000);
    expect((await conditions(bench)).Progressing).toMatchObject({ status: "True", reason: "ReplicaSetUpdated" });
    await bench.clock.advance(20_000);
    const stuck = (await conditions(bench)).Progressing;
    expect(stuck).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
    expect(stuck?.message).toMatch(/^ReplicaSet "web-[a-z0-9]+" has timed out progressing\.$/);
    await roll(bench, "web:1");
    expect((await conditions(bench)).Progressing).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
  });

  test("shares new replicas among its ReplicaSets while a rollout is under way", async () => {
    await using bench = await start({
      replicas: 10,
      broken: "web:2",
      strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    });
    await roll(bench, "web:2");
    expect(sets(bench).map(({ spec }) => spec.replicas)).toEqual([8, 5]);
    await bench.client.patch(Deployment, ref, "merge", { spec: { replicas: 15 } });
    await bench.clock.advance(1_000);
    expect(sets(bench).map(({ spec }) => spec.replicas)).toEqual([11, 7]);
  });

  test("does not roll while it is paused, but scales", async () => {
    await using bench = await start({ replicas: 1 });
    await bench.client.patch(Deployment, ref, "merge", { spec: { paused: true, replicas: 3, template: template("web:2") } });
    await bench.clock.advance(1_000);
    expect(sets(bench).map(({ spec }) => spec.replicas)).toEqual([3]);
    expect((await conditions(bench)).Progressing).toEqual({
      status: "Unknown",
      reason: "DeploymentPaused",
      message: "Deployment is paused",
    });
    await bench.client.patch(Deployment, ref, "merge", { spec: { paused: false } });
    await bench.clock.advance(2_000);
    expect(sets(bench).map(({ spec }) => spec.replicas)).toEqual([0, 3]);
  });

  test("takes another name where the hash is that of a foreign ReplicaSet", async () => {
    await using bench = await start({ replicas: 1 });
    const [first] = sets(bench);
    await using other = await controllerBench({ controllers: [deploymentController, replicaSetController] });
    other.client.seed(ReplicaSet, {
      metadata: { ...ref, name: first?.metadata.name },
      spec: { replicas: 0, selector: {}, template: {} },
    });
    other.client.seed(Deployment, { metadata: ref, spec: (await deployment(bench)).spec });
    await other.clock.advance(1_000);
    expect((await deployment(other)).status.collisionCount).toBe(1);
    expect(sets(other)).toHaveLength(2);
  });
});

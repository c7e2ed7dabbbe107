import { describe, expect, test } from "vitest";
import { startCluster } from "../../src/index.ts";
import { deployment, isReady, podTemplate } from "../fixtures/workloads.ts";

describe("a rolling update", () => {
  test("never has fewer ready Pods than maxUnavailable allows", async () => {
    await using cluster = await startCluster({ clock: "virtual", runtime: "simulated", nodes: 3, seed: 7 });
    await cluster.apply(deployment("api", { replicas: 10, image: "api:1", maxUnavailable: 2, maxSurge: 1 }));
    await cluster.until("Deployment/api", "Available");

    const ready = cluster.observe("Pod", { app: "api" }, (pods) => pods.filter(isReady).length);
    await cluster.patch("Deployment/api", { spec: { template: podTemplate("api:2") } });
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    expect(Math.min(...ready.values)).toBeGreaterThanOrEqual(8);
  });

  test("never has more Pods than maxSurge allows", async () => {
    await using cluster = await startCluster({ clock: "virtual", nodes: 3, seed: 8 });
    await cluster.apply(deployment("api", { replicas: 8, image: "api:1", maxUnavailable: "25%", maxSurge: "25%" }));
    await cluster.until("Deployment/api", "Available");

    const alive = cluster.observe(
      "Pod",
      { app: "api" },
      (pods) => pods.filter(({ metadata }) => !metadata.deletionTimestamp).length,
    );
    await cluster.patch("Deployment/api", { spec: { template: podTemplate("api:2") } });
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    expect(Math.max(...alive.values)).toBeLessThanOrEqual(10);
  });

  test("goes on by itself when a broken image has been replaced", async () => {
    await using cluster = await startCluster({ clock: "virtual", nodes: 2 });
    cluster.runtime.image("api:broken").failsToPull("not found");
    await cluster.apply(deployment("api", { replicas: 4, image: "api:1", maxUnavailable: 1, progressDeadlineSeconds: 60 }));
    await cluster.until("Deployment/api", "Available");
    await cluster.patch("Deployment/api", { spec: { template: podTemplate("api:broken") } });
    await cluster.advance("2m");
    expect(await cluster.condition("Deployment/api", "Progressing")).toMatchObject({ reason: "ProgressDeadlineExceeded" });
    expect(await cluster.condition("Deployment/api", "Available")).toMatchObject({ status: "True" });

    await cluster.patch("Deployment/api", { spec: { template: podTemplate("api:2") } });
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    const pods = await cluster.list("Pod", { app: "api" });
    expect(pods.map(({ spec }) => spec.containers[0]?.image)).toEqual(["api:2", "api:2", "api:2", "api:2"]);
  });

  test("reports that it is stuck once the progress deadline has passed", async () => {
    await using cluster = await startCluster({ clock: "virtual", runtime: "simulated", nodes: 1 });
    cluster.runtime.image("api:broken").crashes({ after: "1s", exitCode: 1 });
    await cluster.apply(deployment("api", { replicas: 2, image: "api:broken", progressDeadlineSeconds: 600 }));

    await cluster.advance("11m");

    expect(await cluster.condition("Deployment/api", "Progressing")).toMatchObject({
      status: "False",
      reason: "ProgressDeadlineExceeded",
    });
  });
});

import { describe, expect, test } from "vitest";
import { apiCluster } from "../fixtures/cluster.ts";
import { deployment, isReady, podTemplate } from "../fixtures/workloads.ts";

/** A name that no resolver knows: the Pods of this template never become ready. */
const MISSING_IMAGE = "registry.invalid/missing:1";

const withImage = (image: string) => ({ spec: { template: podTemplate(image, { labels: { app: "api" } }) } });

describe("a Deployment", () => {
  test("keeps old Pods until new ones are ready", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", { replicas: 2, maxUnavailable: 0, maxSurge: 1 }));
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");
    const old = (await cluster.list("Pod", { app: "api" })).map(({ metadata }) => metadata.name);

    await cluster.patch("Deployment/api", withImage(MISSING_IMAGE));
    await cluster.until(async () => (await cluster.list("Pod", { app: "api" })).length === 3);

    const ready = (await cluster.list("Pod", { app: "api" })).filter(isReady).map(({ metadata }) => metadata.name);
    expect(ready.sort()).toEqual(old.sort());
  });

  test("goes back to an earlier template with the ReplicaSet that it had", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", { replicas: 1 }));
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");
    const [first] = await cluster.list("ReplicaSet", { app: "api" });
    const template = first?.spec.template.spec?.containers[0]?.image ?? "";
    await cluster.patch("Deployment/api", withImage(MISSING_IMAGE));
    await cluster.until(async () => (await cluster.list("ReplicaSet", { app: "api" })).length === 2);

    await cluster.patch("Deployment/api", withImage(template));
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    const sets = await cluster.list("ReplicaSet", { app: "api" });
    expect(sets.find(({ metadata }) => metadata.uid === first?.metadata.uid)?.spec.replicas).toBe(1);
    expect((await cluster.get("Deployment/api")).metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("3");
  });

  test("with strategy Recreate ends every old Pod before it makes a new one", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", { replicas: 2, strategy: "Recreate" }));
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    const generations = cluster.observe(
      "Pod",
      { app: "api" },
      (pods) => new Set(pods.map(({ metadata }) => metadata.labels?.["pod-template-hash"])).size,
    );
    await cluster.patch("Deployment/api", { spec: { template: { metadata: { annotations: { restarted: "yes" } } } } });
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    expect(Math.max(...generations.values)).toBe(1);
  });

  test("keeps no more old ReplicaSets than revisionHistoryLimit", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", { replicas: 1, revisionHistoryLimit: 1 }));
    for (const restarted of ["1", "2", "3"]) {
      await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");
      await cluster.patch("Deployment/api", { spec: { template: { metadata: { annotations: { restarted } } } } });
    }

    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");
    await cluster.until(async () => (await cluster.list("ReplicaSet", { app: "api" })).length === 2);
  });

  test("that is paused changes no Pod until it is resumed", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", { replicas: 1 }));
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");
    await cluster.patch("Deployment/api", { spec: { paused: true } });
    await cluster.patch("Deployment/api", { spec: { template: { metadata: { annotations: { restarted: "yes" } } } } });
    await cluster.until("Deployment/api", "Available");
    expect(await cluster.list("ReplicaSet", { app: "api" })).toHaveLength(1);

    await cluster.patch("Deployment/api", { spec: { paused: false } });
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    expect(await cluster.list("ReplicaSet", { app: "api" })).toHaveLength(2);
  });

  test("is scaled without a new revision", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", { replicas: 1 }));
    await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

    await cluster.patch("Deployment/api", { spec: { replicas: 3 } }, { subresource: "scale" });
    await cluster.until(async () => (await cluster.list("Pod", { app: "api" })).filter(isReady).length === 3);

    expect(await cluster.list("ReplicaSet", { app: "api" })).toHaveLength(1);
  });
});

import { describe, expect, test } from "vitest";
import { apiCluster } from "../fixtures/cluster.ts";
import { configMap, deployment, isReady } from "../fixtures/workloads.ts";

const running = { replicas: 2 };

describe("the deletion of an owner", () => {
  test("in the background takes its dependents along, and theirs", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", running));
    await cluster.until("Deployment/api", "Available");

    await cluster.delete("Deployment/api", { propagationPolicy: "Background" });

    await cluster.until(async () => (await cluster.list("ReplicaSet", { app: "api" })).length === 0);
    await cluster.until(async () => (await cluster.list("Pod", { app: "api" })).length === 0);
  });

  test("in the foreground waits until its dependents are gone", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(configMap("owner"));
    const owner = await cluster.get("ConfigMap/owner");
    const reference = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid, blockOwnerDeletion: true };
    await cluster.apply(configMap("dependent", { ownerReferences: [reference], finalizers: ["example.com/hold"] }));

    await cluster.delete("ConfigMap/owner", { propagationPolicy: "Foreground" });
    await cluster.until(async () => (await cluster.get("ConfigMap/dependent")).metadata.deletionTimestamp !== undefined);
    expect((await cluster.get("ConfigMap/owner")).metadata.finalizers).toEqual(["foregroundDeletion"]);

    await cluster.patch("ConfigMap/dependent", { metadata: { finalizers: null } });
    await cluster.untilDeleted("ConfigMap/owner");
  });

  test("that orphans leaves its dependents, without a reference to it", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(deployment("api", running));
    await cluster.until("Deployment/api", "Available");

    await cluster.delete("Deployment/api", { propagationPolicy: "Orphan" });
    await cluster.untilDeleted("Deployment/api");

    const [set] = await cluster.list("ReplicaSet", { app: "api" });
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    expect((await cluster.list("Pod", { app: "api" })).filter(isReady)).toHaveLength(2);
  });
});

describe("the garbage collector", () => {
  test("deletes an object whose owner does not exist", async () => {
    await using cluster = await apiCluster();
    const reference = { apiVersion: "v1", kind: "ConfigMap", name: "never", uid: "00000000-0000-4000-8000-00000000dead" };
    await cluster.apply(configMap("dependent", { ownerReferences: [reference] }));

    await cluster.untilDeleted("ConfigMap/dependent");
  });

  test("keeps an object for as long as one of its owners exists", async () => {
    await using cluster = await apiCluster();
    const owners = ["first", "second"];
    for (const name of owners) await cluster.apply(configMap(name));
    const ownerReferences = await Promise.all(
      owners.map(async (name) => {
        const { metadata } = await cluster.get(`ConfigMap/${name}`);
        return { apiVersion: "v1", kind: "ConfigMap", name, uid: metadata.uid };
      }),
    );
    await cluster.apply(configMap("dependent", { ownerReferences }));

    await cluster.delete("ConfigMap/first");
    await cluster.until(async () => (await cluster.get("ConfigMap/dependent")).metadata.ownerReferences?.length === 1);
    await cluster.delete("ConfigMap/second");
    await cluster.untilDeleted("ConfigMap/dependent");
  });
});

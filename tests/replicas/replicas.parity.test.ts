import { describe, expect, test } from "vitest";
import { controllerOf } from "../../src/api/meta.ts";
import { apiCluster } from "../fixtures/cluster.ts";
import { isReady, pod, replicaSet } from "../fixtures/workloads.ts";

/** Names the ReplicaSet that manages each Pod. */
const managers = (pods: readonly Parameters<typeof controllerOf>[0][]) => pods.map((each) => controllerOf(each)?.name);

describe("a ReplicaSet", () => {
  test("replaces a Pod that was deleted", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(replicaSet("web", { replicas: 2 }));
    await cluster.until(async () => (await cluster.list("Pod", { app: "web" })).filter(isReady).length === 2);
    const [first] = await cluster.list("Pod", { app: "web" });

    await cluster.delete(`Pod/${first?.metadata.name}`);
    await cluster.untilDeleted(`Pod/${first?.metadata.name}`);
    await cluster.until(async () => (await cluster.list("Pod", { app: "web" })).filter(isReady).length === 2);
  });

  test("adopts a Pod without a manager that its selector matches, instead of making one", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(pod("orphan", { labels: { app: "web" } }));
    await cluster.until("Pod/orphan", "Ready");

    await cluster.apply(replicaSet("web", { replicas: 1 }));
    await cluster.until(async () => controllerOf(await cluster.get("Pod/orphan"))?.name === "web");

    expect(await cluster.list("Pod", { app: "web" })).toHaveLength(1);
  });

  test("lets go of a Pod that its selector no longer matches, and makes another", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(replicaSet("web", { replicas: 1 }));
    await cluster.until(async () => (await cluster.list("Pod", { app: "web" })).some(isReady));
    const [released] = await cluster.list("Pod", { app: "web" });
    const reference = `Pod/${released?.metadata.name}` as const;

    await cluster.patch(reference, { metadata: { labels: { app: "quarantine" } } });
    await cluster.until(async () => (await cluster.list("Pod", { app: "web" })).some(isReady));

    expect(managers([await cluster.get(reference)])).toEqual([undefined]);
    expect(managers(await cluster.list("Pod", { app: "web" }))).toEqual(["web"]);
  });

  test("that is scaled down ends Pods that are not ready before ready ones", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(replicaSet("web", { replicas: 2, spec: { readinessGates: [{ conditionType: "example.com/gate" }] } }));
    const isRunning = ({ status }: { status: { phase?: string } }): boolean => status.phase === "Running";
    await cluster.until(async () => (await cluster.list("Pod", { app: "web" })).filter(isRunning).length === 2);
    const names = (await cluster.list("Pod", { app: "web" })).map(({ metadata }) => metadata.name);
    const kept = names.at(-1);
    const gate = { status: { conditions: [{ type: "example.com/gate", status: "True" }] } };
    await cluster.patch(`Pod/${kept}`, gate, { subresource: "status" });
    await cluster.until(`Pod/${kept}`, "Ready");

    await cluster.patch("ReplicaSet/web", { spec: { replicas: 1 } });
    await cluster.until(async () => (await cluster.list("Pod", { app: "web" })).length === 1);

    expect((await cluster.list("Pod", { app: "web" })).map(({ metadata }) => metadata.name)).toEqual([kept]);
  });

  test("says in its status what it has seen", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(replicaSet("web", { replicas: 2 }));
    await cluster.until(async () => (await cluster.get("ReplicaSet/web")).status?.availableReplicas === 2);

    const { metadata, status } = await cluster.get("ReplicaSet/web");
    expect(status).toMatchObject({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      observedGeneration: metadata.generation,
    });
  });
});

import { describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../src/index.ts";
import { pod } from "../fixtures/workloads.ts";

const oneNode = () => startCluster({ clock: "virtual", nodes: 1 });

const resources = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });

const resize = (cluster: Cluster, name: string, wanted: object) =>
  cluster.patch(`Pod/${name}`, { spec: { containers: [{ name: "main", resources: wanted }] } }, { subresource: "resize" });

const mainOf = async (cluster: Cluster, name: string) => (await cluster.get(`Pod/${name}`)).status.containerStatuses?.[0];

describe("a Pod whose resources are changed", () => {
  test("has the new ones without a restart, and says so", async () => {
    await using cluster = await oneNode();
    await cluster.apply(pod("web", { container: { resources: resources("100m", "64Mi") } }));
    await cluster.until("Pod/web", "Ready");
    const before = await mainOf(cluster, "web");

    await resize(cluster, "web", resources("200m", "128Mi"));
    await cluster.advance("2s");

    const { status, metadata } = await cluster.get("Pod/web");
    const [main] = status.containerStatuses ?? [];
    expect(main).toMatchObject({
      containerID: before?.containerID,
      restartCount: 0,
      resources: resources("200m", "128Mi"),
      allocatedResources: { cpu: "200m", memory: "128Mi" },
    });
    expect(status.observedGeneration).toBe(metadata.generation);
    expect(status.conditions?.map(({ type }) => type)).not.toContain("PodResizeInProgress");
    const summary = JSON.stringify({
      containers: [
        {
          name: "main",
          resources: { limits: { cpu: "200m", memory: "128Mi" }, requests: { cpu: "200m", memory: "128Mi" } },
        },
      ],
      generation: 2,
    });
    const events = await cluster.events("Pod/web");
    expect(events).toContain(`Normal ResizeStarted: Pod resize started: ${summary}`);
    expect(events).toContain(`Normal ResizeCompleted: Pod resize completed: ${summary}`);
  });

  test("is restarted where its policy for that resource asks for it", async () => {
    await using cluster = await oneNode();
    const resizePolicy = [
      { resourceName: "cpu", restartPolicy: "NotRequired" },
      { resourceName: "memory", restartPolicy: "RestartContainer" },
    ];
    await cluster.apply(pod("web", { container: { resizePolicy, resources: resources("100m", "64Mi") } }));
    await cluster.until("Pod/web", "Ready");

    await resize(cluster, "web", resources("200m", "64Mi"));
    await cluster.advance("2s");
    expect((await mainOf(cluster, "web"))?.restartCount).toBe(0);

    await resize(cluster, "web", resources("200m", "128Mi"));
    await cluster.advance("5s");
    expect(await mainOf(cluster, "web")).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      resources: resources("200m", "128Mi"),
    });
    expect(await cluster.events("Pod/web")).toContain("Normal Killing: Container main resize requires restart");
  });

  test("waits for room on its node, and has it when another Pod has gone", async () => {
    await using cluster = await oneNode();
    await cluster.apply(pod("large", { container: { resources: resources("20", "64Mi") } }));
    await cluster.apply(pod("web", { container: { resources: resources("1", "64Mi") } }));
    await cluster.until("Pod/web", "Ready");
    await cluster.until("Pod/large", "Ready");

    await resize(cluster, "web", resources("15", "64Mi"));
    await cluster.advance("2s");
    expect(await cluster.condition("Pod/web", "PodResizePending")).toMatchObject({
      reason: "Deferred",
      message: "Node didn't have enough resource: cpu, requested: 15000, used: 20000, capacity: 32000",
    });
    expect((await mainOf(cluster, "web"))?.allocatedResources?.cpu).toBe("1");

    await cluster.delete("Pod/large");
    await cluster.untilDeleted("Pod/large");
    await cluster.advance("1s");
    expect(await cluster.condition("Pod/web", "PodResizePending")).toBeUndefined();
    expect(await mainOf(cluster, "web")).toMatchObject({ restartCount: 0, resources: resources("15", "64Mi") });
  });
});

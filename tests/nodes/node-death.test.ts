import { describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../src/index.ts";
import { deployment, isReady, pod, service } from "../fixtures/workloads.ts";

const taintsOf = async (cluster: Cluster, node: string): Promise<string[]> =>
  ((await cluster.get(`Node/${node}`)).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).sort();

const twoNodes = () => startCluster({ clock: "virtual", nodes: 2, seed: 3 });

describe("a node that has gone silent", () => {
  test("is Unknown after its grace period, and tainted", async () => {
    await using cluster = await twoNodes();
    await cluster.crashNode("node-2");

    await cluster.advance("30s");
    expect(await cluster.condition("Node/node-2", "Ready")).toMatchObject({ status: "True" });

    await cluster.advance("1m");
    expect(await cluster.condition("Node/node-2", "Ready")).toMatchObject({ status: "Unknown", reason: "NodeStatusUnknown" });
    expect(await taintsOf(cluster, "node-2")).toEqual([
      "node.kubernetes.io/unreachable:NoExecute",
      "node.kubernetes.io/unreachable:NoSchedule",
    ]);
  });

  test("loses its Pods after they have tolerated it for five minutes, and they run elsewhere", async () => {
    await using cluster = await twoNodes();
    await cluster.apply(deployment("api", { replicas: 4 }));
    await cluster.until("Deployment/api", "Available");
    const onDead = (await cluster.list("Pod", { app: "api" })).filter(({ spec }) => spec.nodeName === "node-2");
    expect(onDead.length).toBeGreaterThan(0);
    await cluster.crashNode("node-2");

    await cluster.advance("4m");
    const waiting = await cluster.list("Pod", { app: "api" });
    expect(waiting.filter(({ metadata }) => metadata.deletionTimestamp)).toEqual([]);

    await cluster.advance("3m");
    const ready = (await cluster.list("Pod", { app: "api" })).filter(isReady);
    expect(ready.map(({ spec }) => spec.nodeName)).toEqual(["node-1", "node-1", "node-1", "node-1"]);
  });

  test("is taken out of Services before its Pods are evicted", async () => {
    await using cluster = await twoNodes();
    await cluster.apply(service("web"));
    await cluster.apply(pod("web", { spec: { nodeName: "node-2" } }));
    await cluster.until("Pod/web", "Ready");
    await cluster.crashNode("node-2");

    await cluster.advance("90s");

    expect(await cluster.condition("Pod/web", "Ready")).toMatchObject({ status: "False" });
    const slices = await cluster.list("EndpointSlice", { "kubernetes.io/service-name": "web" });
    expect(slices.flatMap(({ endpoints }) => endpoints ?? []).map(({ conditions }) => conditions?.ready)).toEqual([false]);
  });

  test("keeps Pods that tolerate its silence", async () => {
    await using cluster = await twoNodes();
    const tolerations = [{ key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" }];
    await cluster.apply(pod("stays", { spec: { nodeName: "node-2", tolerations } }));
    await cluster.until("Pod/stays", "Ready");
    await cluster.crashNode("node-2");

    await cluster.advance("30m");

    expect((await cluster.get("Pod/stays")).metadata.deletionTimestamp).toBeUndefined();
  });

  test("takes Pods again when it is back, and ends those that were evicted meanwhile", async () => {
    await using cluster = await twoNodes();
    await cluster.apply(pod("evicted", { spec: { nodeName: "node-2" } }));
    await cluster.until("Pod/evicted", "Ready");
    await cluster.crashNode("node-2");
    await cluster.advance("10m");
    expect((await cluster.get("Pod/evicted")).metadata.deletionTimestamp).toBeDefined();

    await cluster.restoreNode("node-2");
    await cluster.until("Node/node-2", "Ready");
    await cluster.untilDeleted("Pod/evicted");

    expect(await taintsOf(cluster, "node-2")).toEqual([]);
    await cluster.apply(pod("new", { spec: { nodeName: "node-2" } }));
    await cluster.until("Pod/new", "Ready");
  });

  test("that was only restarted starts its containers again", async () => {
    await using cluster = await twoNodes();
    await cluster.apply(pod("web", { spec: { nodeName: "node-2" } }));
    await cluster.until("Pod/web", "Ready");

    await cluster.crashNode("node-2");
    await cluster.advance("10s");
    await cluster.restoreNode("node-2");
    await cluster.advance("1m");

    const { status } = await cluster.get("Pod/web");
    expect(status.containerStatuses?.[0]).toMatchObject({ restartCount: 1, ready: true });
  });
});

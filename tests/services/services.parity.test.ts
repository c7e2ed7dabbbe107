import { describe, expect, test } from "vitest";
import type { EndpointSlice } from "../../src/api/discovery/endpoint-slice.ts";
import { type ApiCluster, apiCluster } from "../fixtures/cluster.ts";
import { deployment, pod, service } from "../fixtures/workloads.ts";

const GATE = "example.com/gate";
const gated = { spec: { readinessGates: [{ conditionType: GATE }] }, labels: { app: "web" } };

const openGate = (cluster: ApiCluster, name: string, status: "True" | "False") =>
  cluster.patch(`Pod/${name}`, { status: { conditions: [{ type: GATE, status }] } }, { subresource: "status" });

const slicesOf = (cluster: ApiCluster): Promise<EndpointSlice[]> =>
  cluster.list("EndpointSlice", { "kubernetes.io/service-name": "web" });

/** Names of the Pods behind the Service, by what their endpoints say. */
async function endpoints(cluster: ApiCluster, which: "ready" | "serving"): Promise<string[]> {
  const all = (await slicesOf(cluster)).flatMap((slice) => slice.endpoints ?? []);
  return all.filter(({ conditions }) => conditions?.[which] === true).map(({ targetRef }) => targetRef?.name ?? "");
}

describe("a Service", () => {
  test("has the addresses of ready Pods only, as they become ready and cease to be", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(service("web"));
    await cluster.apply(pod("first", gated));
    await cluster.apply(pod("second", gated));
    await cluster.until(async () => (await slicesOf(cluster)).flatMap(({ endpoints }) => endpoints ?? []).length === 2);
    expect(await endpoints(cluster, "ready")).toEqual([]);

    await openGate(cluster, "first", "True");
    await cluster.until(async () => (await endpoints(cluster, "ready")).join() === "first");

    await openGate(cluster, "first", "False");
    await cluster.until(async () => (await endpoints(cluster, "ready")).length === 0);
  });

  test("with publishNotReadyAddresses has the addresses of Pods that are not ready too", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(service("web", { publishNotReadyAddresses: true }));
    await cluster.apply(pod("first", gated));

    await cluster.until(async () => (await endpoints(cluster, "ready")).join() === "first");
  });

  test("loses its slices when it is deleted", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(service("web"));
    await cluster.apply(deployment("web"));
    await cluster.until(async () => (await endpoints(cluster, "ready")).length === 1);

    await cluster.delete("Service/web");

    await cluster.until(async () => (await slicesOf(cluster)).length === 0);
  });

  test("without a selector has no slices but those that somebody writes", async () => {
    await using cluster = await apiCluster();
    await cluster.apply({ ...service("web"), spec: { ports: [{ port: 80 }] } } as ReturnType<typeof service>);
    await cluster.apply(deployment("web"));
    await cluster.until("Deployment/web", "Available");

    expect(await slicesOf(cluster)).toEqual([]);
  });

  test("gets an address in the cluster, and none when it is headless", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(service("web"));
    await cluster.apply(service("headless", { clusterIP: "None" }));

    expect((await cluster.get("Service/web")).spec.clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect((await cluster.get("Service/headless")).spec.clusterIPs).toEqual(["None"]);
  });

  test("of type NodePort gets a port that no other Service has", async () => {
    await using cluster = await apiCluster();
    await cluster.apply(service("first", { type: "NodePort" }));
    await cluster.apply(service("second", { type: "NodePort" }));

    const ports = await Promise.all(
      (["first", "second"] as const).map(async (name) => (await cluster.get(`Service/${name}`)).spec.ports?.[0]?.nodePort),
    );
    expect(new Set(ports).size).toBe(2);
  });
});

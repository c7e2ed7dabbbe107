import { describe, expect, test } from "vitest";
import type { Lease as LeaseObject } from "../api/coordination/lease.ts";
import { Lease } from "../api/coordination/lease.ts";
import { ConfigMap } from "../api/core/config-map.ts";
import { Node } from "../api/core/node.ts";
import { Pod } from "../api/core/pod/pod.ts";
import { decodeUtf8 } from "../base/bytes.ts";
import { simulatedNode } from "./testing/simulated-node.ts";

const mainOf = (pod: Pod | undefined) => pod?.status.containerStatuses?.[0];
const conditionsOf = (pod: Pod | undefined) =>
  Object.fromEntries((pod?.status.conditions ?? []).map(({ type, status }) => [type, status]));

describe("a Pod on a node", () => {
  test("runs and is ready, with its address and conditions in upstream's order", async () => {
    const node = await simulatedNode();
    node.run("a", {});
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
    const { status } = node.pod("a") as Pod;
    expect(status).toMatchObject({
      phase: "Running",
      hostIP: "10.0.0.1",
      podIP: "10.88.0.2",
      qosClass: "BestEffort",
      observedGeneration: 1,
    });
    expect(status.conditions?.map(({ type }) => type)).toEqual([
      "PodReadyToStartContainers",
      "Initialized",
      "Ready",
      "ContainersReady",
      "PodScheduled",
    ]);
    expect(
      node
        .events()
        .slice(-3)
        .map((event) => event.split(" ").slice(0, 2).join(" ")),
    ).toEqual(["Normal Pulled", "Normal Created", "Normal Started"]);
  });

  test("has its address with what runs in it, and after a second where that takes longer", async () => {
    const node = await simulatedNode({ latencies: { create: 2_000 } });
    node.run("a", {});
    await node.clock.advance(900);
    expect(node.pod("a")?.status.podIP).toBeUndefined();
    await node.clock.advance(200);
    expect(node.pod("a")?.status.podIP).toBe("10.88.0.2");
    expect(conditionsOf(node.pod("a"))).toMatchObject({ PodReadyToStartContainers: "True", Ready: "False" });
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
  });

  test("says nothing while nothing happens", async () => {
    const node = await simulatedNode();
    node.run("a", {});
    await node.clock.advance(5_000);
    const before = node.client.writes.length;
    await node.clock.advance(60_000);
    const writes = new Set(node.client.writes.slice(before));
    expect([...writes]).toEqual(["patch leases kube-node-lease/node"]);
  });

  test("is started again after a crash, at once first and then after delays that double", async () => {
    const node = await simulatedNode();
    node.run("a", {}, { main: { runs: [{ exitAfter: 1, exitCode: 3 }] } });
    await node.until(() => mainOf(node.pod("a"))?.state.waiting?.reason === "CrashLoopBackOff");
    expect(mainOf(node.pod("a"))).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 3, reason: "Error" } } });
    expect(mainOf(node.pod("a"))?.state.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=main pod=a_default\(/,
    );
    await node.clock.advance(10_000);
    expect(mainOf(node.pod("a"))?.restartCount).toBe(2);
    await node.until(() => mainOf(node.pod("a"))?.state.waiting?.message?.startsWith("back-off 20s") === true);
  });

  test("that is deleted gets its grace, says how it ended, and then goes", async () => {
    const node = await simulatedNode();
    node.run("a", { terminationGracePeriodSeconds: 5 }, { main: { onTerm: "ignored" } });
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
    node.remove("a", 5);
    await node.clock.advance(4_900);
    expect(mainOf(node.pod("a"))?.state.running).toBeDefined();
    await node.until(() => mainOf(node.pod("a"))?.state.terminated !== undefined);
    expect(node.pod("a")?.status).toMatchObject({
      phase: "Failed",
      containerStatuses: [{ state: { terminated: { exitCode: 137 } } }],
    });
    expect(conditionsOf(node.pod("a"))).toMatchObject({ PodReadyToStartContainers: "False", Ready: "False" });
    await node.until(() => node.client.writes.includes("delete pods default/a"));
  });

  test("is sent no new connections before its hooks run and it is told to end", async () => {
    const seen: string[][] = [];
    const node = await simulatedNode({
      kubelet: {
        async withdraw() {
          await Promise.resolve();
          seen.push(node.events("Killing"));
          return true;
        },
      },
    });
    node.run("a", { containers: [{ name: "main", lifecycle: { preStop: { sleep: { seconds: 3 } } } }] });
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
    node.remove("a");
    await node.clock.advance(1_000);
    expect(seen).toEqual([[]]);
    expect(node.events("Killing")).toEqual(["Normal Killing Stopping container main"]);
    expect(mainOf(node.pod("a"))?.state.running).toBeDefined();
    await node.until(() => node.client.writes.includes("delete pods default/a"));
  });

  test("has its host ports open from its start to its end, also with another kubelet", async () => {
    const said: string[] = [];
    const node = await simulatedNode({
      kubelet: {
        async setHostPorts({ ip }, ports) {
          said.push(`${ip} ${ports.map(({ hostPort }) => hostPort)}`);
        },
      },
    });
    node.run("a", { containers: [{ name: "main", ports: [{ containerPort: 80, hostPort: 8080 }] }] });
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
    await node.restart();
    await node.clock.advance(1_000);
    node.remove("a");
    await node.until(() => node.client.writes.includes("delete pods default/a"));
    expect(said).toEqual(["10.88.0.2 8080", "10.88.0.2 8080", "10.88.0.2 "]);
  });

  test("whose object is gone leaves nothing in the runtime", async () => {
    const node = await simulatedNode();
    const pod = node.run("a", {});
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
    await node.client.delete(Pod, { namespace: "default", name: "a" }, { uid: pod.metadata.uid });
    await node.clock.advance(40_000);
    expect(await node.runtime.listContainers()).toEqual([]);
    expect(await node.runtime.listPodSandboxes()).toEqual([]);
  });

  test("starts init containers in order, and stops sidecars after the others in reverse", async () => {
    const node = await simulatedNode();
    node.run(
      "a",
      {
        initContainers: [
          { name: "first" },
          { name: "side-1", restartPolicy: "Always" },
          { name: "side-2", restartPolicy: "Always" },
        ],
      },
      { first: { runs: [{ exitAfter: 2 }] } },
    );
    await node.clock.advance(1_000);
    expect(node.pod("a")?.status).toMatchObject({ phase: "Pending" });
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
    node.remove("a");
    await node.until(() => node.client.writes.includes("delete pods default/a"));
    expect(node.events("Killing")).toEqual(
      ["main", "side-2", "side-1"].map((name) => `Normal Killing Stopping container ${name}`),
    );
  });

  test("waits for a ConfigMap that it mounts, and says why", async () => {
    const node = await simulatedNode();
    node.run("a", { volumes: [{ name: "config", configMap: { name: "missing", defaultMode: 420 } }] });
    await node.clock.advance(3_000);
    expect(node.events("FailedMount")).toEqual([
      'Warning FailedMount MountVolume.SetUp failed for volume "config" : configmap "missing" not found',
    ]);
    expect(mainOf(node.pod("a"))?.state.waiting?.reason).toBe("ContainerCreating");
    node.client.seed(ConfigMap, { metadata: { name: "missing", namespace: "default" }, data: { key: "value" } });
    await node.until(() => mainOf(node.pod("a"))?.ready === true, 30);
  });

  test("is refused where the node has no room for it", async () => {
    const node = await simulatedNode();
    node.run("a", { containers: [{ name: "main", resources: { requests: { cpu: "1000" } } }] });
    await node.until(() => node.pod("a")?.status.phase === "Failed");
    expect(node.pod("a")?.status).toMatchObject({
      reason: "OutOfcpu",
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: 0, capacity: 32000",
    });
    expect(await node.runtime.listPodSandboxes()).toEqual([]);
  });

  test("over its deadline fails", async () => {
    const node = await simulatedNode();
    node.run("a", { activeDeadlineSeconds: 10 });
    await node.clock.advance(9_000);
    expect(node.pod("a")?.status.phase).toBe("Running");
    await node.until(() => node.pod("a")?.status.phase === "Failed");
    expect(node.pod("a")?.status).toMatchObject({ reason: "DeadlineExceeded" });
  });
});

describe("probes", () => {
  test("hold readiness back until they succeed", async () => {
    const node = await simulatedNode();
    const readinessProbe = { httpGet: { path: "/", port: 80 }, periodSeconds: 1 };
    node.run(
      "a",
      { containers: [{ name: "main", readinessProbe }] },
      {
        main: {
          readinessProbe: [
            [0, "status 503"],
            [5, "ok"],
          ],
        },
      },
    );
    await node.clock.advance(4_000);
    expect(mainOf(node.pod("a"))).toMatchObject({ ready: false, started: true });
    expect(node.events("Unhealthy")).toEqual([
      "Warning Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 503",
    ]);
    await node.until(() => mainOf(node.pod("a"))?.ready === true, 10);
  });

  test("have a container started again that is no longer alive", async () => {
    const node = await simulatedNode();
    const livenessProbe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 3 };
    node.run(
      "a",
      { containers: [{ name: "main", livenessProbe }] },
      {
        main: {
          livenessProbe: [
            [0, "ok"],
            [5, "refused"],
          ],
        },
      },
    );
    await node.until(() => mainOf(node.pod("a"))?.restartCount === 1);
    expect(node.events("Killing")).toEqual(["Normal Killing Container main failed liveness probe, will be restarted"]);
  });
});

describe("a kubelet", () => {
  test("that comes back finds its containers and starts none twice", async () => {
    const node = await simulatedNode();
    node.run("a", {});
    node.run("b", { restartPolicy: "Never" }, { main: { runs: [{ exitAfter: 60 }] } });
    await node.until(() => mainOf(node.pod("b"))?.ready === true);
    const before = (await node.runtime.listContainers()).map(({ id }) => id);
    await node.restart();
    await node.clock.advance(5_000);
    expect((await node.runtime.listContainers()).map(({ id }) => id)).toEqual(before);
    expect(mainOf(node.pod("a"))).toMatchObject({ restartCount: 0, ready: true });
    await node.until(() => node.pod("b")?.status.phase === "Succeeded", 120);
  });

  test("removes what was deleted while it was away", async () => {
    const node = await simulatedNode();
    const pod = node.run("a", {});
    await node.until(() => mainOf(node.pod("a"))?.ready === true);
    await node.kubelet.stop();
    await node.client.delete(Pod, { namespace: "default", name: "a" }, { uid: pod.metadata.uid });
    await node.restart();
    await node.clock.advance(5_000);
    expect(await node.runtime.listPodSandboxes()).toEqual([]);
  });

  test("registers its node and keeps its Lease", async () => {
    const node = await simulatedNode();
    await node.clock.advance(31_000);
    const [registered] = node.client.all<Node>(Node);
    expect(registered?.metadata.labels).toMatchObject({ "kubernetes.io/hostname": "node", "kubernetes.io/os": "linux" });
    expect(registered?.status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      "MemoryPressure False KubeletHasSufficientMemory",
      "DiskPressure False KubeletHasNoDiskPressure",
      "PIDPressure False KubeletHasSufficientPID",
      "Ready True KubeletReady",
    ]);
    const [lease] = node.client.all<LeaseObject>(Lease);
    expect(lease?.spec).toMatchObject({
      holderIdentity: "node",
      leaseDurationSeconds: 40,
      renewTime: "2026-01-01T00:00:30.000000Z",
    });
  });

  test("gives the log of a container, its end and that of the run before", async () => {
    const node = await simulatedNode();
    node.run("a", {}, { main: { runs: [{ exitAfter: 1, exitCode: 1, log: "first\n" }, { log: "one\ntwo\n" }] } });
    await node.until(() => mainOf(node.pod("a"))?.restartCount === 1 && mainOf(node.pod("a"))?.ready === true);
    const read = async (query: string): Promise<string> => {
      const { body } = await node.kubelet.handler({
        method: "GET",
        path: "/containerLogs/default/a/main",
        query,
        headers: {},
        body: async () => new Uint8Array(0),
        remoteAddress: "",
        signal: new AbortController().signal,
      });
      if (!("stream" in body)) return decodeUtf8(body as Uint8Array);
      return new Promise((resolve) => {
        let text = "";
        const write = (bytes: Uint8Array): boolean => {
          text += decodeUtf8(bytes);
          return true;
        };
        body.stream({ write, drained: async () => {}, end: () => resolve(text), abort: () => resolve("aborted"), closed: false });
      });
    };
    expect(await read("")).toBe("one\ntwo\n");
    expect(await read("tailLines=1")).toBe("two\n");
    expect(await read("limitBytes=3")).toBe("one");
    expect(await read("previous=true")).toBe("first\n");
    expect(await read("timestamps=true&tailLines=1")).toBe("2026-01-01T00:00:01.000000000Z two\n");
  });
});

import { describe, expect, test } from "vitest";
import { Pod } from "../../api/core/pod/pod.ts";
import { decodeUtf8, EMPTY } from "../../base/bytes.ts";
import { type SimulatedNode, simulatedNode } from "../testing/simulated-node.ts";

async function ask({ kubelet, clock }: SimulatedNode, target: string, method = "GET"): Promise<{ status: number; body: string }> {
  const [path = "", query = ""] = target.split("?");
  const { signal } = new AbortController();
  let answer: Awaited<ReturnType<typeof kubelet.handler>> | undefined;
  const asked = { method, path, query, headers: {}, remoteAddress: "", signal, body: () => Promise.resolve(EMPTY) };
  void kubelet.handler(asked).then((found) => {
    answer = found;
  });
  await clock.settle();
  return { status: answer?.status ?? 0, body: decodeUtf8((answer?.body ?? EMPTY) as Uint8Array) };
}

async function running(): Promise<SimulatedNode> {
  const node = await simulatedNode();
  node.run(
    "web",
    { initContainers: [{ name: "first" }], containers: [{ name: "main" }, { name: "side" }] },
    { first: { runs: [{ exitAfter: 1 }] } },
  );
  await node.until(() => node.pod("web")?.status.phase === "Running");
  return node;
}

interface Summary {
  node: { nodeName: string; memory: { availableBytes: number } };
  pods: { podRef: { name: string }; containers: { name: string; cpu: { usageCoreNanoSeconds: number }; rootfs?: object }[] }[];
}

describe("the node API", () => {
  test("is healthy, check by check, and says so for each", async () => {
    const node = await running();
    expect(await ask(node, "/healthz")).toEqual({ status: 200, body: "ok" });
    for (const check of ["ping", "log", "syncloop"]) expect((await ask(node, `/healthz/${check}`)).status).toBe(200);
    expect((await ask(node, "/healthz/other")).status).toBe(404);
    expect((await ask(node, "/healthz?verbose")).body).toContain("[+]syncloop ok");
    await node.kubelet.stop();
    expect((await ask(node, "/healthz/syncloop")).status).toBe(500);
  });

  test("lists the Pods that the node is told to run, and those that the runtime has", async () => {
    const node = await running();
    const list = async (path: string) =>
      JSON.parse((await ask(node, path)).body) as { kind: string; items: { metadata: object; spec: { containers: object[] } }[] };
    expect(await list("/pods")).toMatchObject({
      kind: "PodList",
      items: [{ metadata: { name: "web" }, status: { phase: "Running" } }],
    });
    const { items } = await list("/runningpods/");
    expect(items).toMatchObject([{ metadata: { name: "web", namespace: "default" } }]);
    expect(items[0]?.spec.containers).toHaveLength(2);
    await node.kubelet.stop();
  });

  test("says by which configuration it works", async () => {
    const node = await running();
    const { kubeletconfig } = JSON.parse((await ask(node, "/configz")).body) as { kubeletconfig: Record<string, unknown> };
    expect(kubeletconfig).toMatchObject({ containerLogMaxSize: "10Mi", containerLogMaxFiles: 5, maxPods: 110, port: 10250 });
    expect(kubeletconfig.authentication).toMatchObject({ anonymous: { enabled: false }, webhook: { cacheTTL: "2m0s" } });
    await node.kubelet.stop();
  });

  test("tells what Pods and their containers use", async () => {
    const node = await running();
    await node.clock.advance(10_000);
    const summary = JSON.parse((await ask(node, "/stats/summary")).body) as Summary;
    expect(summary.node.nodeName).toBe("node");
    expect(summary.node.memory.availableBytes).toBeGreaterThan(0);
    const [pod] = summary.pods;
    expect(pod?.podRef.name).toBe("web");
    expect(pod?.containers.map(({ name }) => name)).toEqual(["main", "side"]);
    for (const { cpu } of pod?.containers ?? []) expect(cpu.usageCoreNanoSeconds).toBeGreaterThan(0);
    expect((await ask(node, "/stats/other")).status).toBe(404);
    await node.kubelet.stop();
  });

  test("asks the runtime once for those who ask at about the same time", async () => {
    const node = await running();
    const count = async () =>
      Number(
        /operations_total\{operation_type="list_container_stats"\} (\d+)/.exec((await ask(node, "/metrics")).body)?.[1] ?? 0,
      );
    for (let asked = 0; asked < 3; asked++) await ask(node, "/stats/summary?only_cpu_and_memory=true");
    await ask(node, "/metrics/resource");
    expect(await count()).toBe(1);
    await node.clock.advance(5_000);
    await ask(node, "/metrics/resource");
    expect(await count()).toBe(2);
    await node.kubelet.stop();
  });

  test("counts under upstream's names", async () => {
    const node = await running();
    const lines = (await ask(node, "/metrics")).body.split("\n");
    for (const line of [
      'kubelet_node_name{node="node"} 1',
      "kubelet_running_pods 1",
      'kubelet_running_containers{container_state="running"} 2',
      'kubelet_running_containers{container_state="exited"} 1',
      'kubelet_started_containers_total{container_type="container"} 2',
      'kubelet_started_containers_total{container_type="init_container"} 1',
      "kubelet_started_pods_total 1",
      "kubelet_pod_start_duration_seconds_count 1",
      "kubelet_pod_start_duration_seconds_sum 1",
      'kubelet_runtime_operations_total{operation_type="run_podsandbox"} 1',
    ])
      expect(lines).toContain(line);
    await node.kubelet.stop();
  });

  test("gives figures of Pods with the moment at which they were taken", async () => {
    const node = await running();
    await node.clock.advance(3_000);
    const resource = (await ask(node, "/metrics/resource")).body;
    expect(resource).toMatch(
      /^container_cpu_usage_seconds_total\{container="main",namespace="default",pod="web"\} [\d.]+ \d{13}$/m,
    );
    expect(resource).toContain('pod_memory_working_set_bytes{namespace="default",pod="web"} 16777216 ');
    expect(resource).toContain("\nresource_scrape_error 0\n");
    const cadvisor = (await ask(node, "/metrics/cadvisor")).body;
    expect(cadvisor).toMatch(
      /^container_memory_working_set_bytes\{container="main",id=".*",image=".*busybox.*",name=".*",namespace="default",pod="web"\} 8388608 \d{13}$/m,
    );
    expect(cadvisor).toContain("machine_cpu_cores 32\n");
    await node.kubelet.stop();
  });

  test("counts probes by container, and forgets them with their Pod", async () => {
    const node = await simulatedNode();
    node.run("probed", { containers: [{ name: "main", readinessProbe: { exec: { command: ["true"] }, periodSeconds: 1 } }] });
    await node.until(
      () => node.pod("probed")?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    );
    const about =
      'prober_probe_total{probe_type="Readiness",result="successful",container="main",pod="probed",namespace="default"';
    expect((await ask(node, "/metrics/probes")).body).toContain(about);
    node.remove("probed");
    await node.until(() => node.client.writes.includes("delete pods default/probed"));
    const pod = node.pod("probed");
    if (pod !== undefined) void node.client.update(Pod, { ...pod, metadata: { ...pod.metadata, finalizers: [] } });
    await node.until(() => node.pod("probed") === undefined);
    await node.clock.settle();
    expect((await ask(node, "/metrics/probes")).body).not.toContain(about);
    await node.kubelet.stop();
  });

  test("answers 404 and 405 for what it does not have", async () => {
    const node = await running();
    expect(await ask(node, "/nothing")).toEqual({ status: 404, body: "404 page not found\n" });
    expect((await ask(node, "/pods", "POST")).status).toBe(405);
    expect((await ask(node, "/logs/")).status).toBe(404);
    expect((await ask(node, "/metrics/other")).status).toBe(404);
    await node.kubelet.stop();
  });
});

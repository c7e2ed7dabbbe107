/** The API of a real node: who may ask it, and what it answers. */
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { ClusterRole } from "../../src/api/rbac/cluster-role.ts";
import { ClusterRoleBinding } from "../../src/api/rbac/cluster-role-binding.ts";
import type { Client } from "../../src/client/client.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { until, whyNot } from "./namespaces.ts";
import { accountWithToken, administratorOf, callNode, type NodeCaller } from "./node-requests.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { IMAGE, logOf, podWhen, runningPod, shell } from "./real-pods.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

interface Filesystem {
  capacityBytes: number;
  usedBytes: number;
}

interface Use {
  cpu: { usageCoreNanoSeconds: number; usageNanoCores: number };
  memory: { workingSetBytes: number };
}

interface Summary {
  node: Use & { fs: Filesystem; runtime: { imageFs: Filesystem }; systemContainers: { name: string }[] };
  pods: (Use & {
    podRef: { name: string };
    containers: (Use & { logs: Filesystem })[];
    volume: ({ name: string } & Filesystem)[];
    "ephemeral-storage": Filesystem;
    network: { interfaces: { name: string }[] };
    process_stats: { process_count: number };
  })[];
}

describe.skipIf(missing !== undefined)("the API of a real node", () => {
  let cluster: RealCluster;
  let client: Client;
  let administrator: NodeCaller;

  /** Lets a ServiceAccount of the namespace default get subresources of nodes. */
  async function grant(account: string, ...resources: string[]): Promise<void> {
    const rules = [{ apiGroups: [""], resources, verbs: ["get"] }];
    await client.create(ClusterRole, { metadata: { name: account }, rules });
    await client.create(ClusterRoleBinding, {
      metadata: { name: account },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: account },
      subjects: [{ kind: "ServiceAccount", name: account, namespace: "default" }],
    });
  }

  beforeAll(async () => {
    cluster = await openCluster();
    ({ client } = cluster);
    administrator = await administratorOf(cluster);
    const archive = join(cluster.namespaces.directory, "busybox.tar");
    await writeFile(archive, await busyboxArchive([IMAGE]));
    await cluster.timonier("image load", archive);
  });
  afterAll(() => cluster?.close());

  test("refuses those who do not say who they are, or whom nobody knows", async () => {
    expect(await callNode(cluster, "/healthz")).toEqual({ status: 401, body: "Unauthorized" });
    expect(await callNode(cluster, "/pods", { token: "made-up" })).toEqual({ status: 401, body: "Unauthorized" });
  });

  test("knows administrators by their certificate, and the API server", async () => {
    await runningPod(client, "seen", { command: shell("echo hello; exec sleep 3600") });
    const { status, body } = await callNode(cluster, "/pods", administrator);
    expect(status).toBe(200);
    expect(
      (JSON.parse(body) as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name),
    ).toContain("seen");
    expect(await logOf(client, "seen")).toBe("hello\n");
  });

  test("lets a ServiceAccount do what its roles say, and nothing else", async () => {
    const nobody = await accountWithToken(cluster, "nobody");
    const about = "user=system:serviceaccount:default:nobody, verb=get, resource=nodes";
    expect(await callNode(cluster, "/stats/summary", nobody)).toEqual({
      status: 403,
      body: `Forbidden (${about}, subresource(s)=[stats])\n`,
    });
    expect((await callNode(cluster, "/pods", nobody)).body).toBe(`Forbidden (${about}, subresource(s)=[pods proxy])\n`);
    const watcher = await accountWithToken(cluster, "watcher");
    await grant("watcher", "nodes/healthz", "nodes/stats");
    expect(await callNode(cluster, "/healthz", watcher)).toEqual({ status: 200, body: "ok" });
    expect((await callNode(cluster, "/pods", watcher)).status).toBe(403);
  });

  test("tells what a Pod uses: processor, memory, disk, volumes, network", async () => {
    // It never rests: what it uses just now is looked at, too.
    const count = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
    const work = `head -c 300000 /dev/zero > /data/big; ${count}; echo done; while sleep 0.1; do :; done`;
    const limits = { resources: { limits: { memory: "64Mi" } }, volumeMounts: [{ name: "data", mountPath: "/data" }] };
    await runningPod(client, "busy", {
      command: shell(work),
      container: limits,
      spec: { volumes: [{ name: "data", emptyDir: {} }] },
    });
    await until("the work is done", async () => (await logOf(client, "busy")) === "done\n");
    const reader = await accountWithToken(cluster, "reader");
    await grant("reader", "nodes/stats", "nodes/metrics");
    let summary: Summary | undefined;
    // A runtime counts what images take now and then.
    await until("the images are counted", async () => {
      const { status, body } = await callNode(cluster, "/stats/summary", reader);
      summary = status === 200 ? (JSON.parse(body) as Summary) : undefined;
      return (summary?.node.runtime.imageFs.usedBytes ?? 0) > 100_000;
    });
    const { node, pods } = summary as unknown as Summary;
    expect(node.memory.workingSetBytes).toBeGreaterThan(10_000_000);
    expect(node.fs.capacityBytes).toBeGreaterThan(0);
    expect(node.systemContainers.map(({ name }) => name)).toEqual(["kubelet", "pods"]);
    const pod = pods.find(({ podRef }) => podRef.name === "busy");
    const [container] = pod?.containers ?? [];
    expect(container?.cpu.usageCoreNanoSeconds).toBeGreaterThan(10_000_000);
    expect(container?.cpu.usageNanoCores).toBeGreaterThan(0);
    expect(container?.memory.workingSetBytes).toBeGreaterThan(10_000);
    expect(container?.memory.workingSetBytes).toBeLessThan(64 * 2 ** 20);
    expect(container?.logs.usedBytes).toBeGreaterThan(0);
    expect(pod?.volume.find(({ name }) => name === "data")?.usedBytes).toBeGreaterThanOrEqual(300_000);
    expect(pod?.["ephemeral-storage"].usedBytes).toBeGreaterThanOrEqual(300_000);
    expect(pod?.network.interfaces.map(({ name }) => name)).toEqual(["eth0"]);
    expect(pod?.process_stats.process_count).toBeGreaterThanOrEqual(2);
    const brief = JSON.parse((await callNode(cluster, "/stats/summary?only_cpu_and_memory=true", reader)).body) as Summary;
    expect(brief.pods.find(({ podRef }) => podRef.name === "busy")?.volume).toBeUndefined();
    const resource = (await callNode(cluster, "/metrics/resource", reader)).body;
    expect(resource).toMatch(
      /^container_memory_working_set_bytes\{container="main",namespace="default",pod="busy"\} [1-9]\d+ \d{13}$/m,
    );
    expect((await callNode(cluster, "/metrics", reader)).body).toContain('kubelet_node_name{node="n1"} 1\n');
    const cadvisor = (await callNode(cluster, "/metrics/cadvisor", reader)).body;
    expect(cadvisor).toMatch(/^container_network_receive_bytes_total\{.*interface="eth0".*\} \d+ \d{13}$/m);
  });

  test("shows the node's logs to administrators", async () => {
    const { status, body } = await callNode(cluster, "/logs/", administrator);
    expect(status).toBe(200);
    expect(body).toContain('<a href="pods/">pods/</a>');
    expect((await callNode(cluster, "/logs/../lib/none", administrator)).status).toBe(404);
  });

  test("puts a log aside that has grown beyond 10 MiB, and goes on in a new one", async () => {
    const words = `yes ${"x".repeat(99)} | head -n 120000; while true; do echo tick; sleep 0.2; done`;
    const { metadata, status } = await runningPod(client, "chatty", { command: shell(words) });
    const directory = `${cluster.namespaces.root}/var/log/pods/default_chatty_${metadata.uid}/main`;
    await until("the log was put aside", async () => (await readdir(directory)).length === 2, 40_000);
    const [current = "", aside = ""] = (await readdir(directory)).sort();
    expect([current, aside]).toEqual(["0.log", expect.stringMatching(/^0\.log\.\d{8}-\d{6}$/)]);
    expect((await stat(join(directory, aside))).size).toBeGreaterThan(10 * 2 ** 20);
    await until("the new log is written", async () => (await logOf(client, "chatty")).endsWith("tick\ntick\n"));
    expect((await logOf(client, "chatty")).length).toBeLessThan(100_000);
    const id = status.containerStatuses?.[0]?.containerID?.split("//")[1];
    const link = `/var/log/containers/chatty_default_main-${id}.log`;
    expect(await cluster.namespaces.run("tail", ["-n", "1", link])).toMatch(/ stdout F tick\n$/);
    await client.delete(Pod, { namespace: "default", name: "chatty" });
    await until("nothing of it is left", async () => {
      const links = await readdir(`${cluster.namespaces.root}/var/log/containers`);
      const logs = await readdir(`${cluster.namespaces.root}/var/log/pods`);
      return [...links, ...logs].every((name) => !name.includes("chatty"));
    });
  });

  test("keeps the log of the last run and the one before, and says what there is not", async () => {
    await runningPod(client, "restarting", { command: shell("echo run; sleep 1") });
    const pod = await podWhen(
      client,
      "restarting",
      "was restarted twice",
      ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) >= 2,
    );
    expect(await logOf(client, "restarting", "previous=true")).toBe("run\n");
    const logs = await readdir(`${cluster.namespaces.root}/var/log/pods/default_restarting_${pod.metadata.uid}/main`);
    expect(logs.length).toBeLessThanOrEqual(2);
    await expect(logOf(client, "seen", "previous=true")).rejects.toMatchObject({
      code: 400,
      message: 'previous terminated container "main" in pod "seen" not found',
    });
    await expect(logOf(client, "seen", "tailLines=-1")).rejects.toMatchObject({ code: 422, reason: "Invalid" });
  });
});

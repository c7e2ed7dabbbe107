/** The API of a real node: who may ask it, and what it answers. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClusterRole } from "../../src/api/rbac/cluster-role.ts";
import { ClusterRoleBinding } from "../../src/api/rbac/cluster-role-binding.ts";
import type { Client } from "../../src/client/client.ts";
import { busyboxArchive } from "./busybox-image.ts";
import { whyNot } from "./namespaces.ts";
import { accountWithToken, administratorOf, callNode, type NodeCaller } from "./node-requests.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { IMAGE, logOf, runningPod, shell } from "./real-pods.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

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
});

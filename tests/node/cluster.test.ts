/** First steps on a real node: they answer, they outlive every death of ours, and nothing of them is left in the end. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "../../src/api/apps/deployment.ts";
import { ConfigMap } from "../../src/api/core/config-map.ts";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { realClock } from "../../src/base/clock.ts";
import { dataDirectory, startTicksOf } from "../../src/cluster/data-directory.ts";
import { criRuntime } from "../../src/kubelet/runtime/cri/cri-runtime.ts";
import { applyFirstSteps, loadFirstStepsImages, NODE_PORT, untilAvailable } from "./first-steps.ts";
import { pidsNaming, until, whyNot } from "./namespaces.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";
import { logOf, runningPod, runToEnd } from "./real-pods.ts";
import { whatIsThere } from "./what-is-there.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

const SHIPS = ["Belem", "La Belle Poule", "Hermione"];

describe.skipIf(missing !== undefined)("first steps on a real node", () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await openCluster();
    await loadFirstStepsImages(cluster);
    await applyFirstSteps(cluster.client);
    await untilAvailable(cluster.client);
  }, 240_000);
  afterAll(() => cluster?.close());

  /** What the containers of Pods are: who they are, and since when they run. */
  async function identities(): Promise<string[]> {
    const { items } = await cluster.client.list(Pod, { namespace: "default", labelSelector: "app in (api, postgres)" });
    return items
      .flatMap(({ metadata, status }) =>
        (status.containerStatuses ?? []).map(
          ({ containerID, restartCount, state }) =>
            `${metadata.name} ${containerID} ${restartCount} ${state?.running?.startedAt}`,
        ),
      )
      .sort();
  }
  /** Every container that the runtime has of them, ended ones too. */
  async function containers(): Promise<string[]> {
    const runtime = await criRuntime({
      endpoint: join(cluster.dataDirectory, "agent/containerd/containerd.sock"),
      clock: realClock,
    });
    try {
      const all = await runtime.listContainers();
      return all
        .filter(({ labels }) => /^(api|postgres)-/.test(labels["io.kubernetes.pod.name"] ?? ""))
        .map(({ id }) => id)
        .sort();
    } finally {
      await runtime.close();
    }
  }
  const shipsThroughNodePort = async (): Promise<string[]> => {
    const text = await cluster.namespaces.run("busybox", ["wget", "-q", "-O", "-", `http://127.0.0.1:${NODE_PORT}/ships`]);
    return (JSON.parse(text) as { ships: { name: string }[] }).ships.map(({ name }) => name);
  };
  const agents = (): number[] => pidsNaming(join(cluster.dataDirectory, "agent/agent.json"));
  const containerdPid = async (): Promise<number> =>
    Number(await readFile(join(cluster.dataDirectory, "agent/containerd/containerd.pid"), "utf8"));
  const serverPid = async (): Promise<number> =>
    (JSON.parse(await readFile(dataDirectory(cluster.dataDirectory).state, "utf8")) as { pid: number }).pid;
  const kill = async (pids: readonly number[]): Promise<void> => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await until("they are dead", () => pids.every((pid) => startTicksOf(pid) === undefined));
  };

  test("answer through the NodePort on loopback with what is in the database", async () => {
    expect(await shipsThroughNodePort()).toEqual(SHIPS);
  });

  test("answer another Pod through their Service's name", async () => {
    await runToEnd(cluster.client, "ask", ["wget", "-q", "-O", "-", "http://api/ships"]);
    const answer = JSON.parse(await logOf(cluster.client, "ask")) as { ships: { name: string }[] };
    expect(answer.ships.map(({ name }) => name)).toEqual(SHIPS);
  });

  test("do not notice that the agent dies", async () => {
    const [before, existing] = [await identities(), await containers()];
    const dead = agents();
    await kill(dead);
    await until("another agent runs", () => agents().some((pid) => !dead.includes(pid)));
    await runningPod(cluster.client, "after-agent");
    expect(await identities()).toEqual(before);
    expect(await containers()).toEqual(existing);
    expect(await shipsThroughNodePort()).toEqual(SHIPS);
  });

  test("do not notice that containerd dies", async () => {
    const [before, existing] = [await identities(), await containers()];
    const dead = await containerdPid();
    await kill([dead]);
    await runningPod(cluster.client, "after-containerd");
    expect(await containerdPid()).not.toBe(dead);
    expect(await identities()).toEqual(before);
    expect(await containers()).toEqual(existing);
  });

  test("are found again after the death of every process of ours, no object lost and none started twice", async () => {
    const uids = async (): Promise<string[]> => {
      const { client } = cluster;
      const lists = await Promise.all([client.list(Pod), client.list(Deployment), client.list(ConfigMap)]);
      return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.uid}`)).sort();
    };
    const [before, existing, objects] = [await identities(), await containers(), await uids()];
    await kill([await serverPid(), ...agents(), await containerdPid()]);
    await cluster.up();
    expect(await uids()).toEqual(objects);
    await runningPod(cluster.client, "after-all");
    expect(await identities()).toEqual(before);
    expect(await containers()).toEqual(existing);
    expect(await shipsThroughNodePort()).toEqual(SHIPS);
  }, 60_000);

  test("are found again, too, where only the server died and its agent lives on", async () => {
    const [before, existing] = [await identities(), await containers()];
    const [orphan] = agents();
    await kill([await serverPid()]);
    await cluster.up();
    expect(agents()).toHaveLength(1);
    expect(agents()).not.toContain(orphan);
    expect(await identities()).toEqual(before);
    expect(await containers()).toEqual(existing);
  }, 60_000);

  test("end with `down`, which leaves the machine as it was, and come back with the next `up`", async () => {
    await cluster.timonier("down");
    const { files: _kept, ...left } = await whatIsThere(cluster.namespaces, cluster.cgroupRoot);
    const { files: _before, ...before } = cluster.before;
    expect(left).toEqual(before);
    await cluster.up();
    await until(
      "they answer again",
      () =>
        shipsThroughNodePort().then(
          (ships) => ships.length === 3,
          () => false,
        ),
      90_000,
    );
  }, 120_000);

  test("leave nothing at all behind `down --delete`, even where all of ours was killed", async () => {
    await kill([await serverPid(), ...agents(), await containerdPid()]);
    await cluster.timonier("down", "--delete");
    expect(await whatIsThere(cluster.namespaces, cluster.cgroupRoot)).toEqual(cluster.before);
    expect(existsSync(cluster.dataDirectory)).toBe(false);
  }, 60_000);
});

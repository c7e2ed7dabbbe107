import { expect, test } from "vitest";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { startCluster } from "../../src/index.ts";
import { deployment, isReady, namespace, podTemplate } from "../fixtures/workloads.ts";

const REPLICAS = process.env.TIMONIER_TEST_SIZE === "full" ? 1000 : 200;

test(`100 simulated nodes run a Deployment of ${REPLICAS} replicas, roll it, and delete its Namespace whole`, async () => {
  await using cluster = await startCluster({ clock: "virtual", nodes: 100, seed: 11 });
  await cluster.apply(namespace("large"));
  await cluster.apply(deployment("large", { namespace: "large", replicas: REPLICAS, image: "app:1" }));
  await cluster.until("Deployment/large/large", "Progressing", "NewReplicaSetAvailable");

  await cluster.patch("Deployment/large/large", { spec: { template: podTemplate("app:2", { labels: { app: "large" } }) } });
  await cluster.until("Deployment/large/large", "Progressing", "NewReplicaSetAvailable");

  const pods = (await cluster.client.list(Pod, { namespace: "large" })).items;
  const running = pods.filter(isReady);
  expect(running).toHaveLength(REPLICAS);
  expect(new Set(running.map(({ spec }) => spec.containers[0]?.image))).toEqual(new Set(["app:2"]));
  expect(new Set(running.map(({ status }) => status.podIP)).size).toBe(REPLICAS);

  await cluster.delete("Namespace/large");
  await cluster.untilDeleted("Namespace/large");

  expect((await cluster.client.list(Pod, { namespace: "large" })).items).toEqual([]);
}, 300_000);

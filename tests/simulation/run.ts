/** One run through a cluster's life: a rollout, the death of a node, the end of a Namespace. */
import type { Pod } from "../../src/api/core/pod/pod.ts";
import { type Cluster, startCluster } from "../../src/index.ts";
import { deployment, namespace, podTemplate, service } from "../fixtures/workloads.ts";

export interface RunSize {
  nodes: number;
  replicas: number;
}

async function nodeOfSomePod(cluster: Cluster): Promise<string> {
  const pods = await cluster.list("Pod", { app: "api" });
  const name = pods.map(({ spec }) => spec.nodeName ?? "").sort()[0];
  if (!name) throw new Error("no Pod is bound");
  return name;
}

/** Shorter than the five minutes that Pods stay on a dead node unless they say otherwise: most of that time only Leases are renewed. */
const TOLERATIONS = ["not-ready", "unreachable"].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 30,
}));

/** The history of the run, one line a change. */
export async function simulate(seed: number, { nodes, replicas }: RunSize): Promise<string[]> {
  await using cluster = await startCluster({ clock: "virtual", runtime: "simulated", nodes, seed });
  await cluster.apply(service("api"));
  await cluster.apply(deployment("api", { replicas, image: "api:1", spec: { tolerations: TOLERATIONS } }));
  await cluster.apply(namespace("team"));
  await cluster.apply(deployment("api", { namespace: "team", replicas: Math.ceil(replicas / 4), image: "api:1" }));
  await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

  await cluster.patch("Deployment/api", { spec: { template: podTemplate("api:2", { spec: { tolerations: TOLERATIONS } }) } });
  await cluster.until("Deployment/api", "Progressing", "NewReplicaSetAvailable");

  const dead = await nodeOfSomePod(cluster);
  await cluster.crashNode(dead);
  // Evicted Pods stay until their node says that they have ended.
  const isLeft = ({ spec, metadata }: Pod): boolean => spec.nodeName === dead && !metadata.deletionTimestamp;
  const left = cluster.observe("Pod", { app: "api" }, (pods) => pods.some(isLeft));
  await cluster.until(() => left.values.at(-1) === false);
  await cluster.until("Deployment/api", "Available");

  await cluster.restoreNode(dead);
  await cluster.until(`Node/${dead}`, "Ready");
  await cluster.delete("Namespace/team");
  await cluster.untilDeleted("Namespace/team");
  return cluster.log();
}

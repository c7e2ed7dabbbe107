/**
 * Fault rounds: Pods start and stop, something is killed with SIGKILL at a random moment, and when all has settled what is there is
 * compared with what was asked for. The next round goes on with the same cluster.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Deployment } from "../../src/api/apps/deployment.ts";
import { StatefulSet } from "../../src/api/apps/stateful-set.ts";
import { Job } from "../../src/api/batch/job.ts";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { Service } from "../../src/api/core/service.ts";
import { isNotFound } from "../../src/api/errors.ts";
import { realClock, sleep } from "../../src/base/clock.ts";
import { type Entropy, randomInteger } from "../../src/base/entropy.ts";
import { dataDirectory, readServerState, startTicksOf } from "../../src/cluster/data-directory.ts";
import { containerProcesses } from "./containers.ts";
import { pidsNaming, until } from "./namespaces.ts";
import type { RealCluster } from "./real-cluster.ts";
import { IMAGE, podOf } from "./real-pods.ts";

export const VICTIMS = ["server", "agent", "containerd", "container", "sandbox", "shim", "everything"] as const;
export type Victim = (typeof VICTIMS)[number];

const namespace = "default";
/** A Pod takes about so long to start or to stop: the fault falls into it. */
const LONGEST_DELAY_MS = 1_500;

/** What was asked for, and what was done to it. */
export interface Faults {
  readonly cluster: RealCluster;
  readonly entropy: Entropy;
  /** Plain Pods that are to run. */
  readonly pods: Set<string>;
  /** How often a container may have been started again, since it was killed as often, by `POD-UID NAME`; a Pod's sandbox counts for each of its containers. */
  readonly kills: Map<string, number>;
  /** Of every kind how many were killed. */
  readonly killed: Record<Victim, number>;
  round: number;
}

export function newFaults(cluster: RealCluster, entropy: Entropy): Faults {
  const killed = Object.fromEntries(VICTIMS.map((victim) => [victim, 0])) as Record<Victim, number>;
  return { cluster, entropy, pods: new Set(), kills: new Map(), killed, round: 0 };
}

const template = (name: string) => ({
  metadata: { labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      { name: "main", image: IMAGE, command: ["sleep", "3600"], volumeMounts: [{ name: "scratch", mountPath: "/scratch" }] },
    ],
    volumes: [{ name: "scratch", emptyDir: { medium: "Memory" } }],
  },
});
const selector = (name: string) => ({ matchLabels: { app: name } });

/** What is scaled in each round. */
export async function createWorkloads({ client }: RealCluster): Promise<void> {
  for (const name of ["web", "set"]) {
    const spec = { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] };
    await client.create(Service, { metadata: { name, namespace }, spec } as unknown as Service);
  }
  const web = {
    metadata: { name: "web", namespace },
    spec: { replicas: 1, selector: selector("web"), template: template("web") },
  };
  await client.create(Deployment, web as unknown as Deployment);
  const spec = {
    replicas: 1,
    serviceName: "set",
    selector: selector("set"),
    template: template("set"),
    podManagementPolicy: "Parallel",
  };
  await client.create(StatefulSet, { metadata: { name: "set", namespace }, spec } as unknown as StatefulSet);
}

async function createJob({ cluster, round }: Faults): Promise<void> {
  const job = {
    metadata: { name: `job-${round}`, namespace },
    spec: {
      completions: 2,
      parallelism: 2,
      backoffLimit: 20,
      ttlSecondsAfterFinished: 20,
      template: {
        spec: { restartPolicy: "Never", containers: [{ name: "main", image: IMAGE, command: ["sleep", "0.5"] }] },
      },
    },
  };
  await cluster.client.create(Job, job as unknown as Job);
}

/** Some more, some fewer, some new, some gone. */
export async function changeWorkloads(faults: Faults): Promise<void> {
  const { cluster, entropy, pods, round } = faults;
  const { client } = cluster;
  const replicas = (most: number) => ({ spec: { replicas: randomInteger(entropy, most + 1) } });
  await client.patch(Deployment, { namespace, name: "web" }, "merge", replicas(4));
  await client.patch(StatefulSet, { namespace, name: "set" }, "merge", replicas(2));
  if (randomInteger(entropy, 2) === 0) await createJob(faults);
  for (const name of [...pods].filter(() => randomInteger(entropy, 2) === 0)) {
    pods.delete(name);
    await client.delete(Pod, { namespace, name });
  }
  const name = `plain-${round}`;
  pods.add(name);
  await client.create(Pod, podOf(name));
}

const agentsOf = ({ dataDirectory: path }: RealCluster): number[] => pidsNaming(join(path, "agent/agent.json"));
const containerdOf = async ({ dataDirectory: path }: RealCluster): Promise<number[]> => {
  const pid = Number(await readFile(join(path, "agent/containerd/containerd.pid"), "utf8"));
  return startTicksOf(pid) === undefined ? [] : [pid];
};
const serverOf = ({ dataDirectory: path }: RealCluster): number[] => {
  const pid = readServerState(dataDirectory(path))?.pid;
  return pid === undefined ? [] : [pid];
};

export interface Shim {
  readonly pid: number;
  readonly sandboxId: string;
}

export async function shimsOf({ dataDirectory: path }: RealCluster): Promise<Shim[]> {
  const socket = join(path, "agent/containerd/containerd.sock");
  return Promise.all(
    pidsNaming(socket).map(async (pid) => {
      const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
      return { pid, sandboxId: (words[0] ?? "").includes("containerd-shim") ? (words[words.indexOf("-id") + 1] ?? "") : "" };
    }),
  ).then((found) => found.filter(({ sandboxId }) => sandboxId !== ""));
}

/** Notes for the containers of a sandbox, or for one container, that they were killed. */
async function noteKill({ cluster, kills }: Faults, id: string): Promise<void> {
  // Labels are what the kubelet gave: read from the Pods, since the runtime may be away.
  const { items } = await cluster.client.list(Pod, { namespace });
  const root = join(cluster.dataDirectory, "agent/containerd/state/io.containerd.runtime.v2.task/k8s.io", id, "config.json");
  const { annotations = {} } = JSON.parse(await readFile(root, "utf8").catch(() => "{}")) as {
    annotations?: Record<string, string>;
  };
  const name = annotations["io.kubernetes.cri.container-name"];
  const pod = items.find(({ metadata }) => metadata.name === annotations["io.kubernetes.cri.sandbox-name"]);
  for (const container of pod?.spec.containers ?? []) {
    const key = `${pod?.metadata.uid} ${container.name}`;
    if (name === undefined || name === container.name) kills.set(key, (kills.get(key) ?? 0) + 1);
  }
}

async function pidsOf(faults: Faults, victim: Victim): Promise<number[]> {
  const { cluster, entropy } = faults;
  const one = <T>(all: readonly T[]): T[] => (all.length === 0 ? [] : [all[randomInteger(entropy, all.length)] as T]);
  switch (victim) {
    case "server":
      return serverOf(cluster);
    case "agent":
      return agentsOf(cluster);
    case "containerd":
      return containerdOf(cluster);
    case "everything":
      return [...serverOf(cluster), ...agentsOf(cluster), ...(await containerdOf(cluster))];
    case "shim": {
      const shims = one(await shimsOf(cluster));
      for (const { sandboxId } of shims) await noteKill(faults, sandboxId);
      return shims.map(({ pid }) => pid);
    }
    default: {
      const sandboxes = new Set((await shimsOf(cluster)).map(({ sandboxId }) => sandboxId));
      const first = (await containerProcesses(cluster.cgroupRoot)).filter(({ isFirst }) => isFirst);
      const found = one(first.filter(({ containerId }) => sandboxes.has(containerId) === (victim === "sandbox")));
      for (const { containerId } of found) await noteKill(faults, containerId);
      return found.map(({ pid }) => pid);
    }
  }
}

/** Kills one thing, where it is there, and starts the server again where it was the server. */
export async function kill(faults: Faults, victim: Victim): Promise<void> {
  const pids = await pidsOf(faults, victim);
  if (pids.length > 0) faults.killed[victim]++;
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
  await until("they are dead", () => pids.every((pid) => startTicksOf(pid) === undefined));
  if (victim === "server" || victim === "everything") await faults.cluster.up();
}

/** One round, without its check. Answers what was killed, and when. */
export async function faultRound(faults: Faults): Promise<string> {
  const { entropy } = faults;
  faults.round++;
  await changeWorkloads(faults);
  const said: string[] = [];
  // One time in three something else dies while the first is still being mended.
  for (let count = randomInteger(entropy, 3) === 0 ? 2 : 1; count > 0; count--) {
    const delayMs = randomInteger(entropy, LONGEST_DELAY_MS);
    const victim = VICTIMS[randomInteger(entropy, VICTIMS.length)] as Victim;
    await sleep(realClock, delayMs);
    await kill(faults, victim);
    said.push(`${victim} after ${delayMs} ms`);
  }
  return said.join(", ");
}

/** What is not yet as it was asked for, as the API says. */
export async function unsettled({ cluster, pods: plain }: Faults): Promise<string[]> {
  const { client } = cluster;
  const [deployment, set, jobs, pods] = await Promise.all([
    client.get(Deployment, { namespace, name: "web" }),
    client.get(StatefulSet, { namespace, name: "set" }),
    client.list(Job, { namespace }),
    client.list(Pod, { namespace }),
  ]);
  const complaints: string[] = [];
  const must = (condition: boolean, complaint: string): void => void (condition || complaints.push(complaint));
  const running = (app: string) => pods.items.filter(({ metadata }) => metadata.labels?.app === app);
  must((deployment.status.availableReplicas ?? 0) === deployment.spec.replicas, "the Deployment is not available");
  must((set.status.availableReplicas ?? 0) === set.spec.replicas, "the StatefulSet is not available");
  must(running("web").length === deployment.spec.replicas, "the Deployment has another number of Pods");
  must(running("set").length === set.spec.replicas, "the StatefulSet has another number of Pods");
  for (const { metadata, status } of jobs.items)
    must(
      (status.conditions ?? []).some(({ type, status: is }) => type === "Complete" && is === "True"),
      `${metadata.name} is not complete`,
    );
  for (const { metadata, status } of pods.items) {
    const { name, deletionTimestamp, ownerReferences = [] } = metadata;
    must(deletionTimestamp === undefined, `${name} is being deleted`);
    if (ownerReferences[0]?.kind === "Job")
      must(status.phase !== "Pending" && status.phase !== "Running", `${name} has not ended`);
    else
      must(
        (status.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True"),
        `${name} is not ready`,
      );
    if (ownerReferences.length === 0) must(plain.has(name), `${name} is there still`);
  }
  for (const name of plain)
    must(
      pods.items.some(({ metadata }) => metadata.name === name),
      `${name} is not there`,
    );
  return complaints;
}

export const isGone = (error: unknown): boolean => isNotFound(error);
export const filesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);

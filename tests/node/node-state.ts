/** What is on a node beside what its Pods ask for: nothing. Each complaint is one thing that is there twice, still, or not. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod as PodType } from "../../src/api/core/pod/pod.ts";
import { Pod } from "../../src/api/core/pod/pod.ts";
import { cgroupDirectories } from "../../src/kubelet/containerd/cgroups.ts";
import { LABELS } from "../../src/kubelet/pod/runtime-pod.ts";
import type { Container, PodSandbox } from "../../src/kubelet/runtime/runtime.ts";
import { containerProcesses, withRuntime } from "./containers.ts";
import { type Faults, shimsOf } from "./faults.ts";
import type { RealCluster } from "./real-cluster.ts";

const filesIn = (directory: string): Promise<string[]> => readdir(directory).catch(() => []);
const isOver = ({ status }: PodType): boolean => status.phase === "Succeeded" || status.phase === "Failed";
const idOf = (text: string): string => /[0-9a-f]{64}/.exec(text)?.[0] ?? "";

interface NodeState {
  readonly pods: ReadonlyMap<string, PodType>;
  readonly sandboxes: readonly PodSandbox[];
  readonly containers: readonly Container[];
  /** Ids of sandboxes and containers that are to have processes, mounts and cgroups. */
  readonly alive: ReadonlySet<string>;
  readonly aliveSandboxes: ReadonlySet<string>;
}

async function readState({ client, dataDirectory }: RealCluster): Promise<NodeState> {
  const { items } = await client.list(Pod);
  const [sandboxes, containers] = await withRuntime(dataDirectory, (runtime) =>
    Promise.all([runtime.listPodSandboxes(), runtime.listContainers()]),
  );
  const aliveSandboxes = new Set(sandboxes.filter(({ state }) => state === "Ready").map(({ id }) => id));
  const running = containers.filter(({ state }) => state === "Running").map(({ id }) => id);
  return {
    pods: new Map(items.map((pod) => [pod.metadata.uid, pod])),
    sandboxes,
    containers,
    aliveSandboxes,
    alive: new Set([...aliveSandboxes, ...running]),
  };
}

/** Sandboxes and containers as the runtime lists them, against the Pods. */
function checkRuntime({ pods, sandboxes, containers }: NodeState): string[] {
  const complaints: string[] = [];
  const uidOf = ({ labels }: { labels: Readonly<Record<string, string>> }): string => labels[LABELS.podUid] ?? "";
  for (const thing of [...sandboxes, ...containers]) {
    if (!pods.has(uidOf(thing))) complaints.push(`${thing.state} ${thing.metadata.name} ${thing.id} belongs to no Pod`);
  }
  for (const [uid, pod] of pods) {
    const { name } = pod.metadata;
    const ready = sandboxes.filter((sandbox) => uidOf(sandbox) === uid && sandbox.state === "Ready").length;
    const wanted = isOver(pod) ? 0 : 1;
    if (ready !== wanted) complaints.push(`${name} has ${ready} sandboxes that are ready`);
    for (const container of pod.spec.containers) {
      const own = containers.filter((each) => uidOf(each) === uid && each.metadata.name === container.name);
      const running = own.filter(({ state }) => state === "Running");
      if (running.length !== wanted) complaints.push(`${name} runs ${container.name} ${running.length} times`);
      if (own.some(({ state }) => state === "Created" || state === "Unknown"))
        complaints.push(`${name} has ${container.name} in the states ${own.map(({ state }) => state).join()}`);
      const said = pod.status.containerStatuses?.find((each) => each.name === container.name)?.containerID ?? "";
      if (running[0] !== undefined && idOf(said) !== running[0].id) complaints.push(`${name} speaks of another container`);
    }
  }
  return complaints;
}

/** Everything named after a sandbox or container that does not live, or that is missing for one that does. */
function compare(what: string, found: readonly string[], wanted: ReadonlySet<string>): string[] {
  const ids = new Set(found);
  return [
    ...[...ids].filter((id) => !wanted.has(id)).map((id) => `${what} of ${id}, which does not live`),
    ...[...wanted].filter((id) => !ids.has(id)).map((id) => `no ${what} of ${id}, which lives`),
    ...(ids.size === found.length ? [] : [`${what}: ${found.length} of ${ids.size} that live`]),
  ];
}

async function checkProcesses(cluster: RealCluster, { alive, aliveSandboxes }: NodeState): Promise<string[]> {
  const all = await containerProcesses(cluster.cgroupRoot);
  const strays = all.filter(({ containerId }) => !alive.has(containerId));
  return [
    ...strays.map(({ pid, containerId }) => `process ${pid} of ${containerId}, which does not live`),
    ...compare(
      "a first process",
      all.filter(({ isFirst }) => isFirst).map(({ containerId }) => containerId),
      alive,
    ),
    ...compare(
      "a shim",
      (await shimsOf(cluster)).map(({ sandboxId }) => sandboxId),
      aliveSandboxes,
    ),
  ];
}

/** Directories of Pods and containers in the cgroup trees. */
async function checkCgroups({ cgroupRoot }: RealCluster, { pods, alive }: NodeState): Promise<string[]> {
  const complaints = new Set<string>();
  const walk = async (directory: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
      if (!entry.isDirectory()) continue;
      const id = idOf(entry.name);
      const uid = /^pod([0-9a-f-]{36})$/.exec(entry.name)?.[1];
      if (id !== "" && !alive.has(id)) complaints.add(`a cgroup of ${id}, which does not live`);
      else if (uid !== undefined && !pods.has(uid)) complaints.add(`a cgroup of the Pod ${uid}, which is gone`);
      else await walk(join(directory, entry.name));
    }
  };
  for (const directory of await cgroupDirectories(cgroupRoot)) await walk(directory);
  return [...complaints];
}

/** Addresses, what CNI remembers, ends of cables, and the addresses that rules send somebody to. */
async function checkNetwork({ dataDirectory, namespaces }: RealCluster, { pods, aliveSandboxes }: NodeState): Promise<string[]> {
  const addresses = join(dataDirectory, "agent/containerd/cni/addresses/timonier");
  const files = (await filesIn(addresses)).filter((name) => /^\d/.test(name));
  const owners = await Promise.all(
    files.map(async (name) => idOf(await readFile(join(addresses, name), "utf8").catch(() => ""))),
  );
  const results = await namespaces.run("sh", ["-c", "ls /var/lib/cni/results 2>/dev/null || true"]);
  const netns = (await namespaces.run("cat", ["/proc/self/mountinfo"]))
    .split("\n")
    .filter((line) => line.includes("/netns/cni-"));
  const cables = (await namespaces.run("ip", ["-o", "link", "show", "type", "veth"])).split("\n").filter((line) => line !== "");
  const table = await namespaces.run("nft", ["list", "table", "ip", "timonier"]);
  const known = new Set([...pods.values()].flatMap(({ status }) => (status.podIPs ?? []).map(({ ip }) => ip)));
  const used = new Set(table.match(/\b10\.244\.\d+\.\d+\b(?!\/)/g) ?? []);
  const count = (what: string, number: number): string[] =>
    number === aliveSandboxes.size ? [] : [`${number} ${what} for ${aliveSandboxes.size} sandboxes`];
  return [
    ...compare("an address", owners, aliveSandboxes),
    ...compare(
      "a CNI result",
      [...new Set(results.split("\n").map(idOf))].filter((id) => id !== ""),
      aliveSandboxes,
    ),
    ...count("network namespaces", netns.length),
    ...count("cables", cables.length),
    ...[...used].filter((ip) => !known.has(ip)).map((ip) => `a rule for ${ip}, which no Pod has`),
  ];
}

/** Mounts and directories of containers and Pods. */
async function checkFiles({ dataDirectory, namespaces }: RealCluster, { pods, alive }: NodeState): Promise<string[]> {
  const mounts = (await namespaces.run("cat", ["/proc/self/mountinfo"])).split("\n").map((line) => line.split(" ")[4] ?? "");
  const complaints: string[] = [];
  for (const mount of mounts) {
    const id = mount.startsWith(dataDirectory) ? idOf(mount) : "";
    if (id !== "" && !alive.has(id)) complaints.push(`a mount of ${id}, which does not live: ${mount}`);
    const uid = /^\/var\/lib\/kubelet\/pods\/([^/]+)\//.exec(mount)?.[1];
    const pod = pods.get(uid ?? "");
    if (uid !== undefined && (pod === undefined || isOver(pod)))
      complaints.push(`a mount of the Pod ${uid}, which does not run: ${mount}`);
  }
  const list = async (directory: string): Promise<string[]> =>
    (await namespaces.run("sh", ["-c", `ls ${directory} 2>/dev/null || true`])).split("\n").filter((name) => name !== "");
  for (const uid of await list("/var/lib/kubelet/pods"))
    if (!pods.has(uid)) complaints.push(`files of the Pod ${uid}, which is gone`);
  for (const name of await list("/var/log/pods"))
    if (!pods.has(name.split("_").at(-1) ?? "")) complaints.push(`logs of the Pod ${name}, which is gone`);
  const bundles = await filesIn(join(dataDirectory, "agent/containerd/state/io.containerd.runtime.v2.task/k8s.io"));
  for (const id of bundles) if (!alive.has(id)) complaints.push(`a bundle of ${id}, which does not live`);
  return complaints;
}

/** What a start ends with that is broken off, because the agent or the runtime died in the midst of it. */
const BROKEN_OFF = ["StartError", "Unknown", "ContainerStatusUnknown"];

/** Containers that were started again more often than somebody killed them. */
function checkRestarts({ kills }: Faults, { pods }: NodeState): string[] {
  return [...pods.values()].flatMap(({ metadata, status }) =>
    (status.containerStatuses ?? []).flatMap(({ name, restartCount, lastState }) => {
      const reason = lastState.terminated?.reason ?? "";
      const explained = (kills.get(`${metadata.uid} ${name}`) ?? 0) + (BROKEN_OFF.includes(reason) ? 1 : 0);
      if (restartCount <= explained) return [];
      return [`${metadata.name} has started ${name} again ${restartCount} times, not ${explained}: ${JSON.stringify(lastState)}`];
    }),
  );
}

/** What is as it should be is where the next round begins: a start that was broken off in an earlier one is no longer to be seen. */
function settleRestarts({ kills }: Faults, { pods }: NodeState): void {
  for (const { metadata, status } of pods.values()) {
    for (const { name, restartCount } of status.containerStatuses ?? []) kills.set(`${metadata.uid} ${name}`, restartCount);
  }
}

/** All that is wrong now. */
export async function nodeComplaints(faults: Faults): Promise<string[]> {
  const { cluster } = faults;
  const state = await readState(cluster);
  const complaints = [
    ...checkRuntime(state),
    ...(await checkProcesses(cluster, state)),
    ...(await checkCgroups(cluster, state)),
    ...(await checkNetwork(cluster, state)),
    ...(await checkFiles(cluster, state)),
    ...checkRestarts(faults, state),
  ];
  if (complaints.length === 0) settleRestarts(faults, state);
  return complaints;
}

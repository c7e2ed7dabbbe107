/**
 * How fast real containers start and end as a client sees it, beside what containerd itself takes for the same in the same run, in turns:
 * what else the machine does meets both. Also what the node takes while 100 Pods just run.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { keepProcessAlive } from "../src/base/clock.ts";
import { busyboxArchive } from "../tests/node/busybox-image.ts";
import { openCluster, type RealCluster } from "../tests/node/real-cluster.ts";
import { IMAGE, podOf, shell } from "../tests/node/real-pods.ts";
import { type Observed, observed, observeFrom, ownCpuSecondsOf, ownMemoryOf } from "./agent.ts";
import { type BarePods, barePods } from "./bare-pods.ts";
import { type ContainerEnds, followContainerEnds } from "./container-ends.ts";
import type { Row } from "./measure.ts";
import { type PodRequests, podRequests } from "./pod-requests.ts";
import { ownTime, type PodStart, type Stages, stagesOfAll } from "./pod-stages.ts";
import { epochMs, type PodWatch, watchPods } from "./pod-watch.ts";
import { targetOf } from "./target.ts";

export interface ContainerSizes {
  alone: number;
  together: number;
  rounds: number;
  idle: number;
}

export const USUAL_SIZES: ContainerSizes = { alone: 15, together: 20, rounds: 6, idle: 100 };

const namespace = "default";
const MODEL = "model";
const SETTLE_MS = 20_000;
const IDLE_SECONDS = 30;
/** Ends as soon as it is told to. */
const COMMAND = shell("trap 'exit 0' TERM; while :; do sleep 3600 & wait; done");

interface Bench {
  client: PodRequests;
  pods: PodWatch;
  bare: BarePods;
  ends: ContainerEnds;
  processes: Observed;
  sizes: ContainerSizes;
}

/** What was measured of Pods and of the bare runtime, each in milliseconds. */
interface Measured {
  starts: number[];
  bareStarts: number[];
  ends: number[];
  bareEnds: number[];
  /** From the end of the last container until the Pod was gone. */
  afterLast: number[];
  stages: Stages[];
}

const nothing = (): Measured => ({ starts: [], bareStarts: [], ends: [], bareEnds: [], afterLast: [], stages: [] });

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}
const median = (values: readonly number[]): number => at(values, 0.5);

async function startPod({ client, pods }: Pick<Bench, "client" | "pods">, name: string): Promise<PodStart> {
  const running = pods.when(name, "running");
  const postedMs = epochMs();
  await client.create(podOf(name, { command: COMMAND }));
  const answeredMs = epochMs();
  await running;
  return { name, postedMs, answeredMs, ...pods.seen(name) };
}

async function endPod({ client, pods, ends }: Bench, name: string, measured: Measured): Promise<void> {
  const gone = pods.when(name, "gone");
  const beganMs = epochMs();
  await client.delete(name);
  await gone;
  const { goneMs = Number.NaN, containerId = "" } = pods.seen(name);
  measured.ends.push(goneMs - beganMs);
  const endedMs = ends.of(containerId);
  if (endedMs !== undefined) measured.afterLast.push(goneMs - endedMs);
}

async function measureBare({ bare }: Bench, names: readonly string[], measured: Measured): Promise<void> {
  const bareNames = names.map((name) => `bare-${name}`);
  measured.bareStarts.push(...(await Promise.all(bareNames.map(bare.start))));
  measured.bareEnds.push(...(await Promise.all(bareNames.map(bare.end))));
}

async function measurePods(bench: Bench, names: readonly string[], measured: Measured): Promise<void> {
  const starts = await Promise.all(names.map((name) => startPod(bench, name)));
  measured.starts.push(...starts.map(({ postedMs, runningMs = Number.NaN }) => runningMs - postedMs));
  await Promise.all(names.map((name) => endPod(bench, name, measured)));
  measured.stages.push(...stagesOfAll(starts, await bench.processes.trace()));
}

/** Starts and ends `names` of both kinds, all of a kind at once. Which kind is first changes with each turn: the machine's load has trends. */
async function measureBoth(bench: Bench, names: readonly string[], measured: Measured, turn: number): Promise<void> {
  const kinds = turn % 2 === 0 ? [measureBare, measurePods] : [measurePods, measureBare];
  for (const measure of kinds) await measure(bench, names, measured);
}

async function measureAlone(bench: Bench): Promise<Measured> {
  const measured = nothing();
  for (let index = 0; index < bench.sizes.alone; index++) await measureBoth(bench, [`alone-${index}`], measured, index);
  return measured;
}

/** The rounds one by one: what is slowest differs from round to round. */
async function measureTogether(bench: Bench): Promise<Measured[]> {
  const rounds: Measured[] = [];
  for (let round = 0; round < bench.sizes.rounds; round++) {
    const measured = nothing();
    const names = Array.from({ length: bench.sizes.together }, (_, index) => `together-${round}-${index}`);
    await measureBoth(bench, names, measured, round);
    rounds.push(measured);
  }
  return rounds;
}

const words = (values: readonly number[]): string =>
  `p50 ${median(values).toFixed(0)} ms, p90 ${at(values, 0.9).toFixed(0)} ms, all in ${Math.max(...values).toFixed(0)} ms`;
const signed = (ms: number): string => `${Math.abs(ms).toFixed(0)} ms ${ms < 0 ? "below" : "above"}`;

function stagesRow(what: string, stages: readonly Stages[]): Row {
  const of = (key: keyof Stages): string => median(stages.map((each) => each[key])).toFixed(0);
  return {
    work: `${what}: by stage, medians`,
    seen:
      `POST answered ${of("answered")}, bound ${of("bound")}, sandbox asked for ${of("asked")}, the runtime's calls ${of("runtime")}, ` +
      `between them ${of("between")}, status sent ${of("told")}, seen ${of("seen")} ms; our own ${median(stages.map(ownTime)).toFixed(0)} ms`,
  };
}

function aloneRows(measured: Measured): Row[] {
  const what = "one Pod at a time";
  const { starts, bareStarts, ends, bareEnds, afterLast, stages } = measured;
  const above = median(starts) - median(bareStarts);
  const after = median(afterLast);
  return [
    {
      work: `${what}: POST to Running`,
      seen: `${words(starts)}; ${signed(above)} the runtime itself`,
      bar: "p50 ≤ 300 ms, ≤ 100 ms above the runtime",
      met: median(starts) <= 300 && above <= 100,
    },
    { work: `${what}: the runtime itself`, seen: words(bareStarts) },
    stagesRow(what, stages),
    {
      work: `${what}: DELETE to gone`,
      seen: `${words(ends)}; after its container ended p50 ${after.toFixed(0)} ms (the runtime itself stops it in ${median(bareEnds).toFixed(0)} ms)`,
      bar: "≤ 300 ms after the container ended",
      met: after <= 300,
    },
  ];
}

function togetherRows(rounds: readonly Measured[], many: number): Row[] {
  const what = `${many} Pods at once`;
  const all = (key: "starts" | "bareStarts" | "ends" | "bareEnds"): number[] => rounds.flatMap((round) => round[key]);
  const differences = (of: (values: readonly number[]) => number): number =>
    median(rounds.map(({ starts, bareStarts }) => of(starts) - of(bareStarts)));
  const [p50, last] = [differences(median), differences((values) => Math.max(...values))];
  return [
    {
      work: `${what}: POST to Running (${rounds.length} rounds)`,
      seen: `${words(all("starts"))}; p50 ${signed(p50)} the runtime itself, the last ${signed(last)} (medians of the rounds)`,
      bar: "≤ 100 ms above the runtime",
      met: p50 <= 100 && last <= 100,
    },
    { work: `${what}: the runtime itself`, seen: words(all("bareStarts")) },
    stagesRow(
      what,
      rounds.flatMap(({ stages }) => stages),
    ),
    { work: `${what}: DELETE to gone`, seen: `${words(all("ends"))}; the runtime itself: ${words(all("bareEnds"))}` },
  ];
}

async function idleRows({ client, pods, processes }: Pick<Bench, "client" | "pods" | "processes">, many: number): Promise<Row[]> {
  const names = Array.from({ length: many }, (_, index) => `idle-${index}`);
  await Promise.all(names.map((name) => startPod({ client, pods }, name)));
  await processes.trace();
  await wait(SETTLE_MS);
  const both = [processes.server, processes.agent] as const;
  const before = both.map(ownCpuSecondsOf);
  await wait(IDLE_SECONDS * 1000);
  const [server = 0, agent = 0] = both.map((pid, index) => ((ownCpuSecondsOf(pid) - (before[index] ?? 0)) / IDLE_SECONDS) * 100);
  const [serverMemory, agentMemory] = both.map(ownMemoryOf) as [ReturnType<typeof ownMemoryOf>, ReturnType<typeof ownMemoryOf>];
  const gone = names.map((name) => pods.when(name, "gone"));
  await Promise.all(names.map((name) => client.delete(name)));
  await Promise.all(gone);
  const memory = ({ anonymous, resident }: ReturnType<typeof ownMemoryOf>): string =>
    `${anonymous.toFixed(0)} MB anonymous, ${resident.toFixed(0)} MB resident`;
  const title = `${many} Pods running, idle`;
  return [
    {
      work: `${title}: processor`,
      seen: `server ${server.toFixed(2)} % of a core, agent ${agent.toFixed(2)} %`,
      bar: "control plane ≤ 0.5 %",
      met: server <= 0.5,
    },
    { work: `${title}: memory of the server`, seen: memory(serverMemory), bar: "≤ 120 MB", met: serverMemory.anonymous <= 120 },
    { work: `${title}: memory of the agent`, seen: memory(agentMemory), bar: "≤ 100 MB", met: agentMemory.anonymous <= 100 },
  ];
}

/** Processor time of server and agent for each of the Pods that `work` starts and ends. */
async function withCosts(processes: Observed, count: number, work: () => Promise<void>): Promise<Row> {
  const both = [processes.server, processes.agent] as const;
  const before = both.map(ownCpuSecondsOf);
  await processes.delay();
  await work();
  const delay = await processes.delay();
  const [server, agent] = both.map((pid, index) => (((ownCpuSecondsOf(pid) - (before[index] ?? 0)) * 1000) / count).toFixed(0));
  return {
    work: "processor time for a Pod's life; event-loop delay of the agent meanwhile",
    seen: `server ${server} ms, agent ${agent} ms; p99 ${delay.p99Ms.toFixed(1)} ms, longest ${delay.maxMs.toFixed(0)} ms`,
  };
}

async function measure(cluster: RealCluster, directory: string, sizes: ContainerSizes): Promise<Row[]> {
  const { namespaces, dataDirectory } = cluster;
  const archive = join(namespaces.directory, "image.tar");
  await writeFile(archive, await busyboxArchive([IMAGE]));
  await cluster.timonier("image load", archive);
  const processes = observed(directory, dataDirectory);
  const socket = join(dataDirectory, "agent/containerd/containerd.sock");
  const target = targetOf(cluster.kubeconfig);
  const pods = await watchPods(target, namespace);
  const client = await podRequests(target, namespace, Math.max(sizes.together, sizes.idle, 1));
  const rows = sizes.idle === 0 ? [] : await idleRows({ client, pods, processes }, sizes.idle);
  await processes.trace();
  await startPod({ client, pods }, MODEL);
  const bare = await barePods({ socket, calls: await processes.trace(), model: MODEL, root: namespaces.root });
  const ends = followContainerEnds(namespaces.machine.ctr ?? "ctr", socket);
  const bench: Bench = { client, pods, bare, ends, processes, sizes };
  try {
    // The first of each is no measure.
    await measureBoth(bench, ["warm"], nothing(), 0);
    const count = sizes.alone + sizes.together * sizes.rounds;
    const costs = await withCosts(processes, count, async () => {
      rows.push(...aloneRows(await measureAlone(bench)));
      if (sizes.rounds > 0) rows.push(...togetherRows(await measureTogether(bench), sizes.together));
    });
    return [...rows, costs];
  } finally {
    bare.close();
    ends.close();
    pods.stop();
    client.close();
  }
}

export async function containerRows(sizes: ContainerSizes = USUAL_SIZES): Promise<Row[]> {
  const awake = keepProcessAlive();
  const directory = await mkdtemp(join(tmpdir(), "timonier-bench-"));
  const endObserving = await observeFrom(directory);
  try {
    const cluster = await openCluster();
    try {
      return await measure(cluster, directory, sizes);
    } finally {
      await cluster.close();
    }
  } finally {
    endObserving();
    await rm(directory, { recursive: true, force: true });
    awake.cancel();
  }
}

/** How fast real containers start and end, as a client sees it, beside what containerd itself takes for the same. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Pod } from "../src/api/core/pod/pod.ts";
import { keepProcessAlive, realClock } from "../src/base/clock.ts";
import type { Client } from "../src/client/client.ts";
import { criRuntime } from "../src/kubelet/runtime/cri/cri-runtime.ts";
import type { Runtime } from "../src/kubelet/runtime/runtime.ts";
import { busyboxArchive } from "../tests/node/busybox-image.ts";
import { containerConfig, sandboxConfig } from "../tests/node/pods.ts";
import { openCluster, type RealCluster } from "../tests/node/real-cluster.ts";
import { IMAGE, podOf, shell } from "../tests/node/real-pods.ts";
import type { Row } from "./measure.ts";

const ALONE = 15;
const TOGETHER = 20;
const namespace = "default";
/** Ends as soon as it is told to. */
const COMMAND = shell("trap 'exit 0' TERM; while :; do sleep 3600 & wait; done");

interface Times {
  p50: number;
  p90: number;
  last: number;
}

function timesOf(measured: readonly number[]): Times {
  const sorted = [...measured].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), last: sorted.at(-1) ?? 0 };
}

/** Follows Pods from the moment on; `when` resolves once the named one was seen to be like that. */
async function followPods(client: Client) {
  const waiting = new Map<string, () => void>();
  const stop = new AbortController();
  const { resourceVersion } = await client.list(Pod, { namespace });
  const following = client.watch(Pod, { namespace, resourceVersion, signal: stop.signal }, (event) => {
    if (event.type === "BOOKMARK") return;
    const { name } = event.object.metadata;
    if (event.type === "DELETED") waiting.get(`${name} gone`)?.();
    else if (event.object.status.phase === "Running") waiting.get(`${name} running`)?.();
  });
  return {
    when: (name: string, what: "running" | "gone"): Promise<void> =>
      new Promise((resolve) => waiting.set(`${name} ${what}`, resolve)),
    async stop() {
      stop.abort();
      await following;
    },
  };
}

async function measurePods(client: Client, many: number, atOnce: boolean): Promise<{ starts: Times; ends: Times }> {
  const pods = await followPods(client);
  const names = Array.from({ length: many }, (_, index) => `${atOnce ? "together" : "alone"}-${index}`);
  const timed = async (names: readonly string[], one: (name: string) => Promise<void>): Promise<number[]> => {
    const measure = async (name: string): Promise<number> => {
      const begin = performance.now();
      await one(name);
      return performance.now() - begin;
    };
    if (atOnce) return Promise.all(names.map(measure));
    const times: number[] = [];
    for (const name of names) times.push(await measure(name));
    return times;
  };
  const starts = await timed(names, async (name) => {
    const running = pods.when(name, "running");
    await client.create(Pod, podOf(name, { command: COMMAND }));
    await running;
  });
  const ends = await timed(names, async (name) => {
    const gone = pods.when(name, "gone");
    await client.delete(Pod, { namespace, name });
    await gone;
  });
  await pods.stop();
  return { starts: timesOf(starts), ends: timesOf(ends) };
}

/** The same containers without Kubernetes: a sandbox, a container in it, and its start. */
async function measureRuntime(
  runtime: Runtime,
  { namespaces, cgroupRoot }: RealCluster,
  many: number,
  atOnce: boolean,
): Promise<Times> {
  const start = async (index: number): Promise<number> => {
    const name = `bare-${index}`;
    const config = sandboxConfig(name, { logs: join(namespaces.directory, "logs"), cgroup: cgroupRoot });
    const begin = performance.now();
    const sandbox = await runtime.runPodSandbox(config, "");
    await runtime.startContainer(
      await runtime.createContainer(sandbox, containerConfig(name, `docker.io/library/${IMAGE}`, COMMAND), config),
    );
    return performance.now() - begin;
  };
  const indexes = Array.from({ length: many }, (_, index) => index);
  const times: number[] = [];
  if (atOnce) times.push(...(await Promise.all(indexes.map(start))));
  else for (const index of indexes) times.push(await start(index));
  for (const { id } of await runtime.listPodSandboxes()) {
    await runtime.stopPodSandbox(id);
    await runtime.removePodSandbox(id);
  }
  return timesOf(times);
}

const words = ({ p50, p90, last }: Times): string =>
  `p50 ${p50.toFixed(0)} ms, p90 ${p90.toFixed(0)} ms, all in ${last.toFixed(0)} ms`;

export async function containerRows(): Promise<Row[]> {
  const awake = keepProcessAlive();
  const cluster = await openCluster();
  const runtime = await criRuntime({
    endpoint: join(cluster.dataDirectory, "agent/containerd/containerd.sock"),
    clock: realClock,
  });
  try {
    const archive = join(cluster.namespaces.directory, "image.tar");
    await writeFile(archive, await busyboxArchive([IMAGE]));
    await cluster.timonier("image load", archive);
    const rows: Row[] = [];
    for (const [title, many, atOnce] of [
      ["one Pod at a time", ALONE, false],
      [`${TOGETHER} Pods at once`, TOGETHER, true],
    ] as const) {
      const pods = await measurePods(cluster.client, many, atOnce);
      const bare = await measureRuntime(runtime, cluster, many, atOnce);
      const above = pods.starts.p50 - bare.p50;
      rows.push(
        {
          work: `${title}: POST to Running`,
          seen: `${words(pods.starts)}; ${above.toFixed(0)} ms above the runtime itself`,
          bar: "≤ 100 ms above the runtime",
          met: above <= 100,
        },
        { work: `${title}: the runtime itself`, seen: words(bare) },
        { work: `${title}: DELETE to gone`, seen: words(pods.ends), bar: "≤ 300 ms", met: pods.ends.p50 <= 300 },
      );
    }
    return rows;
  } finally {
    await runtime.close();
    await cluster.close();
    awake.cancel();
  }
}

/** A Service under load, with a new connection for each request and none asked twice: what changes behind it loses no request. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Deployment } from "../../src/api/apps/deployment.ts";
import { Event } from "../../src/api/core/event.ts";
import { isReady, Pod } from "../../src/api/core/pod/pod.ts";
import { Service } from "../../src/api/core/service.ts";
import { realClock, sleep } from "../../src/base/clock.ts";
import { firstProcess, preferPods, withRuntime } from "./containers.ts";
import { applyFirstSteps, loadFirstStepsImages, untilAvailable } from "./first-steps.ts";
import { type LoadReport, underLoad } from "./load.ts";
import { until, whyNot } from "./namespaces.ts";
import { createPlainApp } from "./plain-app.ts";
import { openCluster, type RealCluster } from "./real-cluster.ts";

const missing = await whyNot();
if (missing !== undefined) console.warn(`tests of a real node are skipped: ${missing}`);

const full = process.env.TIMONIER_TEST_SIZE === "full";
const REQUESTS_PER_SECOND = 220;
const LEAST_MS = full ? 60_000 : 10_000;
/** A rollout of FastAPI installs its packages in each Pod: on a machine with much to do that takes its time. */
const MOST_MS = 180_000;
const LIMIT_MS = 400_000;
/** How long the load goes on after what it is about. */
const AFTERWARDS_MS = 2_500;
const namespace = "default";

describe.skipIf(missing !== undefined)("a Service under load", () => {
  let cluster: RealCluster;
  beforeAll(async () => {
    cluster = await openCluster();
    await loadFirstStepsImages(cluster);
    await applyFirstSteps(cluster.client);
    await createPlainApp(cluster.client);
    await preferPods(cluster.cgroupRoot);
    await untilAvailable(cluster.client);
  }, LIMIT_MS);
  afterAll(() => cluster?.close());

  /** The Service's address in the cluster, and its port of the node on loopback. */
  async function targetsOf(name: string, path: string): Promise<string[]> {
    const { spec } = await cluster.client.get(Service, { namespace, name });
    const [port] = spec.ports ?? [];
    return [`http://${spec.clusterIP}:${port?.port}${path}`, `http://127.0.0.1:${port?.nodePort}${path}`];
  }
  async function load(name: string, path: string, work: () => Promise<void>): Promise<LoadReport> {
    const report = await underLoad(
      cluster.namespaces,
      { targets: await targetsOf(name, path), requestsPerSecond: REQUESTS_PER_SECOND, leastMs: LEAST_MS, mostMs: MOST_MS },
      work,
    );
    console.log(`${expect.getState().currentTestName}: ${JSON.stringify({ ...report, failures: undefined })}`);
    // As many as were to be asked, so none was missed because the load itself could not keep up.
    expect(report.requests).toBeGreaterThan((report.lastedMs * (REQUESTS_PER_SECOND - 10)) / 1000);
    expect(report.lastedMs).toBeLessThan(MOST_MS);
    return report;
  }
  /** Warnings of the namespace, for whoever looks for the cause of a failure. */
  async function warnings(): Promise<string> {
    const { items } = await cluster.client.list(Event, { namespace, fieldSelector: "type=Warning" });
    return items
      .map((event) => `${event.lastTimestamp} ${event.involvedObject.name} ${event.reason} ${event.message}`)
      .join("\n");
  }
  async function nothingLost(report: LoadReport): Promise<void> {
    expect(report.failures, report.failed === 0 ? "" : await warnings()).toEqual([]);
    expect(report.answered).toBe(report.requests);
  }
  /** Repeats what takes less time than the load lasts. */
  async function again(once: () => Promise<void>): Promise<void> {
    const deadline = realClock.monotonic() + LEAST_MS * 0.8;
    do await once();
    while (realClock.monotonic() < deadline);
  }

  const pods = async (app: string) => (await cluster.client.list(Pod, { namespace, labelSelector: `app=${app}` })).items;
  /** As many as asked for are ready, all of the present template, and none beside them. */
  const settled = (name: string): Promise<void> =>
    until(
      `${name} is as it is to be`,
      async () => {
        const { metadata, spec, status } = await cluster.client.get(Deployment, { namespace, name });
        const all = await pods(name);
        return (
          status.observedGeneration === metadata.generation &&
          status.updatedReplicas === spec.replicas &&
          status.availableReplicas === spec.replicas &&
          all.length === spec.replicas &&
          all.every((pod) => pod.metadata.deletionTimestamp === undefined && isReady(pod))
        );
      },
      MOST_MS,
    );
  const scale = async (name: string, replicas: number): Promise<void> => {
    await cluster.client.patch(Deployment, { namespace, name }, "merge", { spec: { replicas } });
    await settled(name);
  };
  const containerOf = (pod: Pod | undefined): string => pod?.status.containerStatuses?.[0]?.containerID?.split("://")[1] ?? "";
  const inContainer = async (name: string, command: readonly string[]): Promise<void> => {
    const id = containerOf(await cluster.client.get(Pod, { namespace, name }));
    const { exitCode } = await withRuntime(cluster.dataDirectory, (runtime) => runtime.execSync(id, command));
    expect(exitCode).toBe(0);
  };
  let restarts = 0;
  const rollOut = async (name: string): Promise<void> => {
    const annotations = { restarted: String(++restarts) };
    await cluster.client.patch(Deployment, { namespace, name }, "merge", { spec: { template: { metadata: { annotations } } } });
    await settled(name);
  };
  const deleteOne = async (name: string): Promise<void> => {
    const [pod] = await pods(name);
    await cluster.client.delete(Pod, { namespace, name: pod?.metadata.name ?? "" });
    await until(
      "it is gone",
      async () => (await pods(name)).every(({ metadata }) => metadata.uid !== pod?.metadata.uid),
      MOST_MS,
    );
    await settled(name);
  };

  /** Resolves with the moment at which the Pod was seen so. */
  async function seenSince(name: string, what: string, holds: (pod: Pod) => boolean): Promise<number> {
    await until(`${name} ${what}`, async () => holds(await cluster.client.get(Pod, { namespace, name })), MOST_MS);
    return realClock.now();
  }
  const restartsOf = ({ status }: Pod): number => status.containerStatuses?.[0]?.restartCount ?? 0;

  test("a rollout of FastAPI under load loses no request", { timeout: LIMIT_MS }, async () => {
    await scale("api", full ? 3 : 2);
    await nothingLost(await load("api", "/healthz", () => again(() => rollOut("api"))));
  });

  test("a scale-down of FastAPI and the deletion of one of its Pods under load lose no request", {
    timeout: LIMIT_MS,
  }, async () => {
    await scale("api", full ? 4 : 2);
    const report = await load("api", "/healthz", async () => {
      await deleteOne("api");
      await scale("api", 1);
    });
    await nothingLost(report);
  });

  test("an app that exits at once when it is told to end loses no request under load", { timeout: LIMIT_MS }, async () => {
    const report = await load("plain", "/", () =>
      again(async () => {
        await rollOut("plain");
        await deleteOne("plain");
        await scale("plain", 1);
        await scale("plain", 4);
      }),
    );
    await nothingLost(report);
  });

  test("a Pod under load is asked nothing from a second after it is said to be unready", { timeout: LIMIT_MS }, async () => {
    const [pod] = await pods("plain");
    const name = pod?.metadata.name ?? "";
    let reportedMs = 0;
    const report = await load("plain", "/", async () => {
      await inContainer(name, ["touch", "/tmp/unready"]);
      reportedMs = await seenSince(name, "is unready", (seen) => !isReady(seen));
      await sleep(realClock, AFTERWARDS_MS);
    });
    await nothingLost(report);
    // It was asked until then, and not from then on, though it would have answered.
    expect(report.servers[name]?.answers).toBeGreaterThan(0);
    expect(report.servers[name]?.lastAskedMs).toBeLessThan(reportedMs + 1_000);
    await inContainer(name, ["rm", "/tmp/unready"]);
    await settled("plain");
  });

  test("a container that is killed under load comes back, and nothing is lost but what it was asked", {
    timeout: LIMIT_MS,
  }, async () => {
    const [pod] = await pods("plain");
    const name = pod?.metadata.name ?? "";
    let reportedMs = 0;
    const report = await load("plain", "/", async () => {
      process.kill(await firstProcess(cluster.cgroupRoot, containerOf(pod)), "SIGKILL");
      reportedMs = await seenSince(name, "has lost its container", (seen) => !isReady(seen));
      await seenSince(name, "runs again", (seen) => isReady(seen) && restartsOf(seen) === 1);
      await sleep(realClock, AFTERWARDS_MS);
    });
    expect(report.failures.filter(({ atMs }) => atMs > reportedMs + 1_000)).toEqual([]);
    expect(report.servers[name]?.lastAskedMs).toBeGreaterThan(reportedMs);
  });
});

import { describe, expect, test } from "vitest";
import { Job } from "../../api/batch/job.ts";
import { Event } from "../../api/core/event.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { type Bench, controllerBench } from "../testing/bench.ts";
import { jobController } from "./controller.ts";
import { formatIndexes, indexSetOf, withIndexes } from "./indexes.ts";
import { ttlAfterFinishedController } from "./time-to-live.ts";

const template = {
  metadata: { labels: { job: "j" } },
  spec: { restartPolicy: "Never", containers: [{ name: "main", image: "x" }] },
};

async function start(spec: object): Promise<Bench> {
  const bench = await controllerBench({ controllers: [jobController, ttlAfterFinishedController] });
  bench.client.seed(Job, {
    metadata: { namespace: "default", name: "j" },
    spec: { parallelism: 1, completions: 1, backoffLimit: 6, selector: { matchLabels: { job: "j" } }, template, ...spec },
    status: {},
  });
  await bench.clock.settle();
  return bench;
}

const pods = (bench: Bench): Pod[] => bench.client.all<Pod>(Pod);
const running = (bench: Bench): Pod[] => pods(bench).filter(({ status }) => (status?.phase ?? "Pending") === "Pending");
const status = (bench: Bench) => bench.client.all<Job>(Job)[0]?.status;
const holds = (bench: Bench): string[] =>
  (status(bench)?.conditions ?? []).filter(({ status: is }) => is === "True").map(({ type, reason }) => `${type} ${reason}`);

async function end(bench: Bench, pod: Pod | undefined, phase: "Succeeded" | "Failed"): Promise<void> {
  const finishedAt = new Date(bench.clock.now()).toISOString();
  const containerStatuses = [
    { name: "main", restartCount: 0, state: { terminated: { exitCode: phase === "Failed" ? 1 : 0, finishedAt } } },
  ];
  await bench.client.patch(Pod, { namespace: "default", name: pod?.metadata.name ?? "" }, "merge", {
    status: { phase, containerStatuses },
  });
  await bench.clock.settle();
}

describe("the Job controller", () => {
  test("keeps each Pod until it is counted, and completes when enough have succeeded", async () => {
    await using bench = await start({ completions: 2 });
    expect(pods(bench)).toHaveLength(1);
    expect(pods(bench)[0]?.metadata.finalizers).toEqual(["batch.kubernetes.io/job-tracking"]);
    expect(status(bench)).toMatchObject({ active: 1, ready: 0, terminating: 0 });

    await end(bench, pods(bench)[0], "Succeeded");
    expect(status(bench)).toMatchObject({ active: 1, succeeded: 1, uncountedTerminatedPods: {} });
    await end(bench, running(bench)[0], "Succeeded");
    expect(status(bench)).toMatchObject({ succeeded: 2 });
    expect(holds(bench)).toEqual(["SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached"]);
    expect(pods(bench).every(({ metadata }) => !metadata.finalizers?.length)).toBe(true);
    expect(bench.client.all<Event>(Event).at(-1)).toMatchObject({ reason: "Completed", message: "Job completed" });
  });

  test("waits longer after each failure, and gives up at the limit", async () => {
    await using bench = await start({ backoffLimit: 1 });
    await end(bench, pods(bench)[0], "Failed");
    expect(pods(bench)).toHaveLength(1);
    await bench.clock.advance(10_000);
    expect(pods(bench)).toHaveLength(2);
    await end(bench, running(bench)[0], "Failed");
    expect(status(bench)).toMatchObject({ failed: 2 });
    expect(holds(bench)).toEqual(["FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded"]);
  });

  test("gives each index a Pod of its own", async () => {
    await using bench = await start({ completions: 3, parallelism: 2, completionMode: "Indexed" });
    expect(pods(bench).map(({ metadata, spec }) => [metadata.generateName, spec.hostname])).toEqual([
      ["j-0-", "j-0"],
      ["j-1-", "j-1"],
    ]);
    await end(bench, pods(bench)[1], "Succeeded");
    expect(status(bench)).toMatchObject({ completedIndexes: "1", succeeded: 1, active: 2 });
    expect(running(bench).map(({ metadata }) => metadata.generateName)).toEqual(["j-0-", "j-2-"]);
  });

  test("fails past its deadline, and stops what runs", async () => {
    await using bench = await start({ activeDeadlineSeconds: 5 });
    await bench.clock.advance(5_000);
    expect(holds(bench)).toContain("Failed DeadlineExceeded");
    expect(status(bench)).toMatchObject({ failed: 1 });
    expect(pods(bench)).toHaveLength(0);
  });

  test("stops its Pods while it is suspended", async () => {
    await using bench = await start({ suspend: true });
    expect(pods(bench)).toHaveLength(0);
    expect(holds(bench)).toEqual(["Suspended JobSuspended"]);
    await bench.client.patch(Job, { namespace: "default", name: "j" }, "merge", { spec: { suspend: false } });
    await bench.clock.settle();
    expect(pods(bench)).toHaveLength(1);
    expect(holds(bench)).toEqual([]);
  });

  test("is deleted when its time to live is over", async () => {
    await using bench = await start({ ttlSecondsAfterFinished: 60 });
    // The garbage collector, which is not here, deletes its Pods and then the Job.
    const isGoing = () => bench.client.all<Job>(Job).every(({ metadata }) => metadata.deletionTimestamp !== undefined);
    await end(bench, pods(bench)[0], "Succeeded");
    await bench.clock.advance(59_000);
    expect(isGoing()).toBe(false);
    await bench.clock.advance(2_000);
    expect(isGoing()).toBe(true);
  });
});

test("sets of indexes are written as intervals", () => {
  expect(formatIndexes(withIndexes(indexSetOf("0,3-5"), [1, 6, 9]))).toBe("0,1,3-6,9");
  expect(indexSetOf("0-9", 4).size).toBe(4);
});

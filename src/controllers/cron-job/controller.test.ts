import { describe, expect, test } from "vitest";
import { CronJob } from "../../api/batch/cron-job.ts";
import { Job } from "../../api/batch/job.ts";
import { Event } from "../../api/core/event.ts";
import { type Bench, controllerBench } from "../testing/bench.ts";
import { cronJobController } from "./controller.ts";
import { jobFor, type ReadonlyCronJob, timingOf, verdictOn } from "./plan.ts";

const MINUTE_MS = 60_000;
const ref = { namespace: "default", name: "cj" };

async function start(spec: object = {}): Promise<Bench> {
  const bench = await controllerBench({ controllers: [cronJobController] });
  bench.client.seed(CronJob, {
    metadata: { ...ref, creationTimestamp: new Date(bench.clock.now()).toISOString() },
    spec: {
      schedule: "* * * * *",
      concurrencyPolicy: "Allow",
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 1,
      jobTemplate: { metadata: { labels: { app: "cj" } }, spec: { template: { spec: { containers: [] } } } },
      ...spec,
    },
    status: {},
  });
  await bench.clock.settle();
  return bench;
}

const jobs = (bench: Bench) => bench.client.all<Job>(Job).map(({ metadata }) => metadata.name);
const status = async (bench: Bench) => (await bench.client.get(CronJob, ref)).status;
const told = (bench: Bench) => bench.client.all<Event>(Event).map(({ reason }) => reason);

async function finish(bench: Bench, name: string): Promise<void> {
  const now = new Date(bench.clock.now()).toISOString();
  const conditions = [{ type: "Complete", status: "True", lastTransitionTime: now }];
  const done = { startTime: now, completionTime: now, conditions };
  await bench.client.patch(Job, { ...ref, name }, "merge", { status: done });
  await bench.clock.settle();
}

describe("the CronJob controller", () => {
  test("makes a Job named for its minute, and says so", async () => {
    await using bench = await start();
    await bench.clock.advance(MINUTE_MS + 200);
    const dueMs = Math.floor(bench.clock.now() / MINUTE_MS) * MINUTE_MS;
    expect(jobs(bench)).toEqual([`cj-${dueMs / MINUTE_MS}`]);
    const { active, lastScheduleTime } = await status(bench);
    expect(active).toMatchObject([{ kind: "Job", name: `cj-${dueMs / MINUTE_MS}` }]);
    expect(Date.parse(lastScheduleTime ?? "")).toBe(dueMs);
    expect(told(bench)).toEqual(["SuccessfulCreate"]);
  });

  test("starts nothing beside a running Job where that is forbidden", async () => {
    await using bench = await start({ concurrencyPolicy: "Forbid" });
    await bench.clock.advance(3 * MINUTE_MS);
    expect(jobs(bench)).toHaveLength(1);
    expect(told(bench)).toContain("JobAlreadyActive");
  });

  test("replaces a running Job where that is asked for", async () => {
    await using bench = await start({ concurrencyPolicy: "Replace" });
    await bench.clock.advance(MINUTE_MS + 200);
    const [first] = jobs(bench);
    await bench.clock.advance(MINUTE_MS);
    expect(jobs(bench)).toHaveLength(1);
    expect(jobs(bench)).not.toEqual([first]);
    expect((await status(bench)).active).toMatchObject([{ name: jobs(bench)[0] }]);
  });

  test("keeps finished Jobs up to the limit, the latest ones", async () => {
    await using bench = await start();
    await bench.clock.advance(MINUTE_MS + 200);
    const [first = ""] = jobs(bench);
    await finish(bench, first);
    expect((await status(bench)).active).toBeUndefined();
    expect((await status(bench)).lastSuccessfulTime).toBeDefined();
    await bench.clock.advance(MINUTE_MS);
    const [, second = ""] = jobs(bench);
    await finish(bench, second);
    expect(jobs(bench)).toEqual([second]);
    expect(told(bench)).toContain("SawCompletedJob");
  });

  test("starts nothing while it is suspended", async () => {
    await using bench = await start({ suspend: true });
    await bench.clock.advance(5 * MINUTE_MS);
    expect(jobs(bench)).toEqual([]);
  });
});

describe("what a CronJob is due", () => {
  const nowMs = Date.parse("2026-01-01T12:00:30Z");
  const cronJob = (spec: object, status: object = {}): ReadonlyCronJob =>
    ({
      metadata: { name: "cj", uid: "u", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { schedule: "0 * * * *", jobTemplate: { spec: {} }, ...spec },
      status,
    }) as unknown as ReadonlyCronJob;
  const verdict = (each: ReadonlyCronJob) => {
    const timing = timingOf(each);
    return "reason" in timing ? timing : verdictOn(each, timing, nowMs);
  };

  test("is the latest time alone, however many were missed", () => {
    expect(verdict(cronJob({}))).toEqual({ dueMs: Date.parse("2026-01-01T12:00:00Z") });
  });

  test("is nothing where that time was met, or is past its deadline", () => {
    expect(verdict(cronJob({}, { lastScheduleTime: "2026-01-01T12:00:00Z" }))).toEqual({});
    expect(verdict(cronJob({ startingDeadlineSeconds: 10 }))).toEqual({});
  });

  test("is complained about where the zone is unknown", () => {
    expect(verdict(cronJob({ timeZone: "Moon/Base" }))).toMatchObject({ reason: "UnknownTimeZone" });
  });

  test("is a Job that tells its time in the zone of the schedule", () => {
    const job = jobFor(cronJob({ timeZone: "Europe/Berlin" }), Date.parse("2026-07-01T10:00:00Z"));
    expect(job.metadata?.annotations).toEqual({
      "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-07-01T12:00:00+02:00",
    });
  });
});

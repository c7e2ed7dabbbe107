/**
 * Makes a Job at each time of the schedule of a CronJob, and keeps as many finished ones as it asks for.
 *
 * `status.active` says which Jobs it knows to run, `status.lastScheduleTime` which time was met last: a restart goes on from there.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
import { CronJob } from "../../api/batch/cron-job.ts";
import { Job } from "../../api/batch/job.ts";
import { isAlreadyExists, isNotFound } from "../../api/errors.ts";
import { controllerOf, keyOf } from "../../api/meta.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller, ControllerContext, Reconcile } from "../controller.ts";
import { holds, isFinished } from "../job/conditions.ts";
import { isNamespaceEnding, messageOf } from "../pod-control.ts";
import { timeOf } from "../time.ts";
import {
  beyondHistory,
  type Complaint,
  jobFor,
  nextInMs,
  type ReadonlyCronJob,
  type ReadonlyJob,
  timingOf,
  verdictOn,
} from "./plan.ts";

type Status = ReadonlyCronJob["status"];
type ActiveJob = NonNullable<Status["active"]>[number];

interface Sync {
  cronJob: ReadonlyCronJob;
  jobs: readonly ReadonlyJob[];
  context: ControllerContext;
  /** What the status is to say. */
  active: readonly ActiveJob[];
  lastScheduleTime: string | undefined;
  lastSuccessfulTime: string | undefined;
}

const isActive = ({ active }: Sync, { metadata }: ReadonlyJob): boolean => active.some(({ uid }) => uid === metadata.uid);

const drop = (sync: Sync, uid: string | undefined): void => {
  sync.active = sync.active.filter((each) => each.uid !== uid);
};

/** Takes Jobs that have ended out of the status, and says what is not as it left it. */
async function takeStock(sync: Sync): Promise<void> {
  const { cronJob, jobs, context } = sync;
  const { client, events } = context;
  for (const job of jobs) {
    const { name, uid } = job.metadata;
    if (!isFinished(job)) {
      if (isActive(sync, job)) continue;
      const fresh = await client.get(CronJob, { namespace: cronJob.metadata.namespace ?? "", name: cronJob.metadata.name });
      // The cache was behind: what was written after it comes up again by itself.
      if (fresh.status.active?.some((each) => each.uid === uid)) continue;
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      events.event(cronJob, "Warning", "UnexpectedJob", message);
    } else if (isActive(sync, job)) {
      drop(sync, uid);
      const condition = holds(job.status, "Complete") ? "Complete" : "Failed";
      events.event(cronJob, "Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${condition}`);
    }
    const { completionTime } = job.status;
    if (holds(job.status, "Complete") && timeOf(completionTime) > timeOf(sync.lastSuccessfulTime))
      sync.lastSuccessfulTime = completionTime;
  }
  await dropMissing(sync);
}

/** A Job that neither the cache nor the server knows is gone. */
async function dropMissing(sync: Sync): Promise<void> {
  const { cronJob, jobs, context } = sync;
  const known = new Set(jobs.map(({ metadata }) => metadata.uid));
  for (const { uid = "", name = "", namespace = "" } of sync.active) {
    if (known.has(uid)) continue;
    try {
      await context.client.get(Job, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      context.events.event(cronJob, "Normal", "MissingJob", `Active job went missing: ${name}`);
      drop(sync, uid);
    }
  }
}

async function deleteJob(sync: Sync, { name = "", uid = "" }: { name?: string; uid?: string }): Promise<void> {
  const { cronJob, context } = sync;
  const ref = { namespace: cronJob.metadata.namespace ?? "", name };
  try {
    await context.client.delete(Job, ref, { propagationPolicy: "Background", uid });
  } catch (error) {
    context.events.event(cronJob, "Warning", "FailedDelete", `Deleted job: ${messageOf(error)}`);
    throw error;
  }
  drop(sync, uid);
  context.events.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
}

/** The Job of that time, just made or made before; undefined where there can be none. */
async function makeJob({ cronJob, context }: Sync, scheduledMs: number): Promise<DeepReadonly<Job> | undefined> {
  const { client, events } = context;
  const draft = jobFor(cronJob, scheduledMs);
  try {
    const job = await client.create(Job, draft);
    events.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`);
    return job;
  } catch (error) {
    if (isNamespaceEnding(error)) return undefined;
    if (isAlreadyExists(error)) {
      const there = await client.get(Job, { namespace: draft.metadata?.namespace ?? "", name: draft.metadata?.name ?? "" });
      // Ours: it was made, and the status could not be written. Another's: they look after it.
      return controllerOf(there)?.uid === cronJob.metadata.uid ? there : undefined;
    }
    events.event(cronJob, "Warning", "FailedCreate", `Error creating job: ${messageOf(error)}`);
    throw error;
  }
}

async function startJob(sync: Sync, scheduledMs: number): Promise<void> {
  const { cronJob, context } = sync;
  const { concurrencyPolicy } = cronJob.spec;
  if (concurrencyPolicy === "Forbid" && sync.active.length > 0) {
    const message = "Not starting job because prior execution is running and concurrency policy is Forbid";
    return context.events.event(cronJob, "Normal", "JobAlreadyActive", message);
  }
  if (concurrencyPolicy === "Replace") for (const each of sync.active) await deleteJob(sync, each);
  const job = await makeJob(sync, scheduledMs);
  if (job === undefined || isActive(sync, job)) return;
  const { namespace = "", name, uid, resourceVersion = "" } = job.metadata;
  sync.active = [...sync.active, { apiVersion: "batch/v1", kind: "Job", namespace, name, uid, resourceVersion }];
  sync.lastScheduleTime = formatTime(scheduledMs);
}

/** Starts what is due; gives the time until the next look. */
async function keepSchedule(sync: Sync): Promise<number | undefined> {
  const { cronJob, context } = sync;
  if (cronJob.metadata.deletionTimestamp !== undefined || cronJob.spec.suspend) return undefined;
  const complain = ({ reason, message }: Complaint): void => context.events.event(cronJob, "Warning", reason, message);
  const timing = timingOf(cronJob);
  if ("reason" in timing) {
    complain(timing);
    return undefined;
  }
  const { schedule } = cronJob.spec;
  if (timing.schedule.timeZone !== undefined) {
    const message = `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;
    complain({ reason: "UnsupportedSchedule", message });
  }
  const nowMs = context.clock.now();
  try {
    const { dueMs, complaint } = verdictOn({ ...cronJob, status: statusOf(sync) }, timing, nowMs);
    if (complaint !== undefined) complain(complaint);
    if (dueMs !== undefined) await startJob(sync, dueMs);
    return nextInMs({ ...cronJob, status: statusOf(sync) }, timing, nowMs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `invalid schedule schedule: ${JSON.stringify(schedule)} : ${error.message}`;
    complain({ reason: "InvalidSchedule", message });
    return undefined;
  }
}

async function trimHistory(sync: Sync): Promise<void> {
  const { failedJobsHistoryLimit, successfulJobsHistoryLimit } = sync.cronJob.spec;
  const finished = (type: string): ReadonlyJob[] => sync.jobs.filter(({ status }) => holds(status, type));
  const doomed = [
    ...beyondHistory(finished("Complete"), successfulJobsHistoryLimit),
    ...beyondHistory(finished("Failed"), failedJobsHistoryLimit),
  ];
  for (const { metadata } of doomed) if (metadata.deletionTimestamp === undefined) await deleteJob(sync, metadata);
}

function statusOf({ active, lastScheduleTime, lastSuccessfulTime }: Sync): Status {
  return {
    ...(active.length > 0 ? { active } : {}),
    ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
}

const reconcile: Reconcile<CronJob> = async (cronJob, context) => {
  const { client, listers, requeueAfter } = context;
  const { active = [], lastScheduleTime, lastSuccessfulTime } = cronJob.status;
  const jobs = listers.ownedBy(Job, cronJob);
  const sync: Sync = { cronJob, jobs, context, active, lastScheduleTime, lastSuccessfulTime };
  let nextMs: number | undefined;
  try {
    await takeStock(sync);
    nextMs = await keepSchedule(sync);
    await trimHistory(sync);
  } finally {
    // What was done is told even where something else failed.
    await client.updateStatusIfChanged(CronJob, cronJob, statusOf(sync));
  }
  if (nextMs !== undefined) requeueAfter(keyOf(cronJob), nextMs);
};

export const cronJobController: Controller<CronJob> = {
  name: "cronjob-controller",
  reconciles: CronJob,
  wokenBy: [{ owned: Job }],
  reconcile,
};

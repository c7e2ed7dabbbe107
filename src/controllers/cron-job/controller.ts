/**
 * Makes a Job at each time of a CronJob's schedule, keeps account of those that run, and clears away old ones.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */

import { CronJob } from "../../api/batch/cron-job.ts";
import { nextTime } from "../../api/batch/cron-next.ts";
import { type CronSchedule, parseCronSchedule } from "../../api/batch/cron-schedule.ts";
import { Job } from "../../api/batch/job.ts";
import { isAlreadyExists, isNotFound } from "../../api/errors.ts";
import { controllerReference, type Draft, keyOf } from "../../api/meta.ts";
import { formatTime } from "../../api/time.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller, ControllerContext, Reconcile } from "../controller.ts";
import { messageOf } from "../pod-control.ts";
import { timeOf } from "../time.ts";

type ReadonlyCronJob = DeepReadonly<CronJob>;
type ReadonlyJob = DeepReadonly<Job>;
type Active = NonNullable<ReadonlyCronJob["status"]["active"]>;

const SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/** More missed times than that are a mistake, not a backlog. */
const MAX_MISSED = 100;

interface Sync {
  cronJob: ReadonlyCronJob;
  context: ControllerContext;
  jobs: readonly ReadonlyJob[];
  nowMs: number;
}

const endOf = ({ status }: ReadonlyJob): "Complete" | "Failed" | undefined =>
  status.conditions?.find(({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True")?.type as
    | "Complete"
    | "Failed"
    | undefined;

const referenceTo = ({ apiVersion, kind, metadata }: ReadonlyJob): Active[number] => ({
  apiVersion,
  kind,
  name: metadata.name,
  namespace: metadata.namespace ?? "",
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion ?? "",
});

/** Which Jobs run now, by what the status says and what is there. */
function activeOf({ cronJob, context: { events }, jobs }: Sync): Active {
  const known = cronJob.status.active ?? [];
  const say = (type: "Normal" | "Warning", reason: string, message: string): void => events.event(cronJob, type, reason, message);
  const active = known.filter(({ uid, name }) => {
    const job = jobs.find(({ metadata }) => metadata.uid === uid);
    if (job === undefined) say("Normal", "MissingJob", `Active job went missing: ${name}`);
    const end = job && endOf(job);
    if (end !== undefined) say("Normal", "SawCompletedJob", `Saw completed job: ${name}, condition: ${end}`);
    return job !== undefined && end === undefined;
  });
  for (const job of jobs) {
    if (endOf(job) !== undefined || known.some(({ uid }) => uid === job.metadata.uid)) continue;
    say("Warning", "UnexpectedJob", `Saw a job that the controller did not create or forgot: ${job.metadata.name}`);
    active.push(referenceTo(job));
  }
  return active;
}

function lastSuccessOf({ cronJob, jobs }: Sync): string | undefined {
  let last = cronJob.status.lastSuccessfulTime;
  for (const { status } of jobs)
    if (status.completionTime && timeOf(status.completionTime) > timeOf(last)) last = status.completionTime;
  return last;
}

async function deleteJob(
  { cronJob, context }: Sync,
  { name, namespace = "" }: { name: string; namespace?: string },
): Promise<void> {
  const { client, events } = context;
  try {
    await client.delete(Job, { namespace, name }, { propagationPolicy: "Background" });
    events.event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`);
  } catch (error) {
    if (isNotFound(error)) return;
    events.event(cronJob, "Warning", "FailedDelete", `Deleted job: ${messageOf(error)}`);
    throw error;
  }
}

/** Finished Jobs beyond the limits go, the oldest first. */
async function clearHistory(sync: Sync): Promise<void> {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = sync.cronJob.spec;
  const limits = { Complete: successfulJobsHistoryLimit, Failed: failedJobsHistoryLimit };
  for (const end of ["Complete", "Failed"] as const) {
    const limit = limits[end];
    if (limit === undefined) continue;
    const finished = sync.jobs.filter((job) => endOf(job) === end && job.metadata.deletionTimestamp === undefined);
    const sorted = finished.toSorted((a, b) => timeOf(a.status.startTime) - timeOf(b.status.startTime));
    for (const { metadata } of sorted.slice(0, Math.max(0, sorted.length - limit))) await deleteJob(sync, metadata);
  }
}

interface Due {
  /** The latest time that has come and is not served. */
  atMs: number | undefined;
  missed: number;
  nextMs: number | undefined;
}

function dueOf({ cronJob, nowMs }: Sync, schedule: CronSchedule): Due {
  const { metadata, spec, status } = cronJob;
  let fromMs = timeOf(status.lastScheduleTime ?? metadata.creationTimestamp);
  if (spec.startingDeadlineSeconds !== undefined) fromMs = Math.max(fromMs, nowMs - spec.startingDeadlineSeconds * 1_000);
  let atMs: number | undefined;
  let missed = 0;
  let time = nextTime(schedule, spec.timeZone, fromMs);
  while (time !== undefined && time <= nowMs && missed <= MAX_MISSED) {
    missed++;
    atMs = time;
    time = nextTime(schedule, spec.timeZone, time);
  }
  return { atMs, missed, nextMs: nextTime(schedule, spec.timeZone, nowMs) };
}

function jobOf({ metadata, spec, ...cronJob }: ReadonlyCronJob, atMs: number): Draft<Job> {
  const { metadata: template, spec: jobSpec } = spec.jobTemplate;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: `${metadata.name}-${Math.floor(atMs / 60_000)}`,
      namespace: metadata.namespace ?? "",
      ...(template?.labels ? { labels: { ...template.labels } } : {}),
      annotations: { ...template?.annotations, [SCHEDULED]: formatTime(atMs) },
      ownerReferences: [controllerReference({ ...cronJob, metadata })],
    },
    spec: jobSpec as Draft<Job["spec"]>,
  };
}

/** The Job of that time, unless it is there already. */
async function startJob({ cronJob, context }: Sync, atMs: number): Promise<ReadonlyJob> {
  const { client, events } = context;
  const draft = jobOf(cronJob, atMs);
  try {
    const job = await client.create(Job, draft);
    events.event(cronJob, "Normal", "SuccessfulCreate", `Created job ${job.metadata.name}`);
    return job;
  } catch (error) {
    const name = draft.metadata?.name ?? "";
    if (isAlreadyExists(error)) return client.get(Job, { namespace: cronJob.metadata.namespace ?? "", name });
    events.event(cronJob, "Warning", "FailedCreate", `Error creating job: ${messageOf(error)}`);
    throw error;
  }
}

/** Starts what is due; gives what runs then, and the time that was served. */
async function serve(
  sync: Sync,
  active: Active,
  schedule: CronSchedule,
): Promise<{ active: Active; servedMs: number | undefined }> {
  const { cronJob, context, nowMs } = sync;
  const { concurrencyPolicy, startingDeadlineSeconds } = cronJob.spec;
  const say = (type: "Normal" | "Warning", reason: string, message: string): void =>
    context.events.event(cronJob, type, reason, message);
  const { atMs, missed, nextMs } = dueOf(sync, schedule);
  if (nextMs !== undefined) context.requeueAfter(keyOf(cronJob), nextMs - nowMs);
  if (missed > MAX_MISSED)
    say(
      "Warning",
      "TooManyMissedTimes",
      `too many missed start times: ${missed}. Set or decrease .spec.startingDeadlineSeconds or check clock skew`,
    );
  if (atMs === undefined) return { active, servedMs: undefined };
  if (startingDeadlineSeconds !== undefined && atMs + startingDeadlineSeconds * 1_000 < nowMs) {
    say(
      "Warning",
      "MissSchedule",
      `Missed scheduled time to start a job: ${new Date(atMs).toUTCString().replace("GMT", "+0000")}`,
    );
    return { active, servedMs: undefined };
  }
  if (concurrencyPolicy === "Forbid" && active.length > 0) {
    say("Normal", "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
    return { active, servedMs: undefined };
  }
  if (concurrencyPolicy === "Replace")
    for (const { name = "", namespace = "" } of active) await deleteJob(sync, { name, namespace });
  const job = await startJob(sync, atMs);
  const kept = concurrencyPolicy === "Replace" ? [] : active.filter(({ uid }) => uid !== job.metadata.uid);
  return { active: [...kept, referenceTo(job)], servedMs: atMs };
}

function scheduleOf({ cronJob, context }: Sync): CronSchedule | undefined {
  try {
    return parseCronSchedule(cronJob.spec.schedule);
  } catch (error) {
    const message = `unparseable schedule: ${JSON.stringify(cronJob.spec.schedule)} : ${messageOf(error)}`;
    context.events.event(cronJob, "Warning", "UnparseableSchedule", message);
    return undefined;
  }
}

const reconcile: Reconcile<CronJob> = async (cronJob, context) => {
  const sync: Sync = { cronJob, context, jobs: context.listers.ownedBy(Job, cronJob), nowMs: context.clock.now() };
  let active = activeOf(sync);
  let { lastScheduleTime } = cronJob.status;
  const lastSuccessfulTime = lastSuccessOf(sync);
  if (cronJob.metadata.deletionTimestamp === undefined && !cronJob.spec.suspend) {
    const schedule = scheduleOf(sync);
    if (schedule !== undefined) {
      const served = await serve(sync, active, schedule);
      active = served.active;
      if (served.servedMs !== undefined) lastScheduleTime = formatTime(served.servedMs);
    }
  }
  await context.client.updateStatusIfChanged(CronJob, cronJob, {
    ...(active.length === 0 ? {} : { active }),
    ...(lastScheduleTime ? { lastScheduleTime } : {}),
    ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}),
  });
  await clearHistory(sync);
};

export const cronJobController: Controller<CronJob> = {
  name: "cronjob-controller",
  reconciles: CronJob,
  wokenBy: [{ owned: Job }],
  reconcile,
};

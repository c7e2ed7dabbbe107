/**
 * What a CronJob does now: which time is due, and when to look again. Pure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
import type { CronJob } from "../../api/batch/cron-job.ts";
import { type CronSchedule, isTimeZone, parseCronSchedule } from "../../api/batch/cron-schedule.ts";
import type { Job } from "../../api/batch/job.ts";
import { controllerReference, type Draft } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { timeOf } from "../time.ts";
import { latestOccurrence, nextOccurrence, offsetMs } from "./occurrences.ts";

export type ReadonlyCronJob = DeepReadonly<CronJob>;
export type ReadonlyJob = DeepReadonly<Job>;

const SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/** Looked at this much after the time, so that clocks that differ a little agree that it has come. */
const LATE_MS = 100;

/** A complaint about the CronJob, told as an Event. */
export interface Complaint {
  reason: string;
  message: string;
}

export interface Timing {
  schedule: CronSchedule;
  zone: string;
}

/** The schedule and the zone in which it is read; a complaint where they mean nothing. */
export function timingOf({ spec: { schedule, timeZone } }: ReadonlyCronJob): Timing | Complaint {
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return { reason: "UnknownTimeZone", message };
  }
  try {
    return { schedule: parseCronSchedule(schedule), zone: timeZone ?? "UTC" };
  } catch (error) {
    const message = `unparseable schedule: ${JSON.stringify(schedule)} : ${(error as Error).message}`;
    return { reason: "UnparseableSchedule", message };
  }
}

/** Since when times count: the last one that was met, or the beginning. */
const sinceMs = ({ metadata, status }: ReadonlyCronJob): number => timeOf(status.lastScheduleTime ?? metadata.creationTimestamp);

export interface Verdict {
  /** The time for which a Job is due. */
  dueMs?: number;
  complaint?: Complaint;
}

const jobName = ({ metadata }: ReadonlyCronJob, scheduledMs: number): string =>
  `${metadata.name}-${Math.floor(scheduledMs / 60_000)}`;

/** Sun, 01 Feb 2026 03:04:05 +0000. */
const dateWords = (ms: number): string => new Date(ms).toUTCString().replace("GMT", "+0000");

/** Which time is due. Concurrency is not looked at. */
export function verdictOn(cronJob: ReadonlyCronJob, { schedule, zone }: Timing, nowMs: number): Verdict {
  const { startingDeadlineSeconds: deadline } = cronJob.spec;
  const earliestMs = deadline === undefined ? 0 : nowMs - deadline * 1_000;
  const { ms, missed } = latestOccurrence(schedule, Math.max(sinceMs(cronJob), earliestMs), nowMs, zone);
  if (ms === undefined) return {};
  if (deadline !== undefined && ms + deadline * 1_000 < nowMs)
    return { complaint: { reason: "MissSchedule", message: `Missed scheduled time to start a job: ${dateWords(ms)}` } };
  const name = jobName(cronJob, ms);
  const isMet = timeOf(cronJob.status.lastScheduleTime) === ms || cronJob.status.active?.some((active) => active.name === name);
  if (isMet) return {};
  const message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
  return { dueMs: ms, ...(missed === "many" ? { complaint: { reason: "TooManyMissedTimes", message } } : {}) };
}

/** How long until the next time comes; undefined where none does. */
export function nextInMs(cronJob: ReadonlyCronJob, { schedule, zone }: Timing, nowMs: number): number | undefined {
  const { ms, missed } = latestOccurrence(schedule, sinceMs(cronJob), nowMs, zone);
  const fromMs = ms ?? (missed === "none" ? sinceMs(cronJob) : nowMs);
  const next = nextOccurrence(schedule, fromMs, zone);
  return next === undefined ? undefined : Math.max(0, next + LATE_MS - nowMs);
}

/** RFC 3339 as seen in the zone. */
function timeIn(zone: string, ms: number): string {
  const offset = offsetMs(ms, zone);
  const shown = new Date(ms + offset).toISOString().slice(0, 19);
  if (offset === 0) return `${shown}Z`;
  const minutes = Math.abs(offset) / 60_000;
  const two = (number: number): string => String(Math.floor(number)).padStart(2, "0");
  return `${shown}${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** The Job for one time. Its name is the same whoever makes it, so that there is one. */
export function jobFor(cronJob: ReadonlyCronJob, scheduledMs: number): Draft<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobName(cronJob, scheduledMs),
      namespace: cronJob.metadata.namespace ?? "",
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: timeIn(cronJob.spec.timeZone ?? "UTC", scheduledMs) },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: spec as Draft<Job["spec"]>,
  };
}

/** The finished Jobs that go: the oldest beyond the limit. */
export function beyondHistory(jobs: readonly ReadonlyJob[], limit: number | undefined): readonly ReadonlyJob[] {
  if (limit === undefined || jobs.length <= limit) return [];
  const startMs = ({ status }: ReadonlyJob): number => (status.startTime ? timeOf(status.startTime) : Number.POSITIVE_INFINITY);
  const oldestFirst = jobs.toSorted((a, b) => {
    const [x, y] = [startMs(a), startMs(b)];
    return x === y ? (a.metadata.name < b.metadata.name ? -1 : 1) : x - y;
  });
  return oldestFirst.slice(0, jobs.length - limit);
}

/**
 * batch/v1 CronJob: a Job at each time of a schedule.
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { workloadNameWarnings } from "../core/pod/warnings.ts";
import type * as generated from "../generated/batch-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, booleanWord, containerCells, countOf, formatSelector, NONE } from "../table/cells.ts";
import { notNegative, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { isTimeZone, parseCronSchedule } from "./cron-schedule.ts";
import { defaultFailurePolicy, jobSpecWarnings } from "./job.ts";
import { validateJobTemplate } from "./job-validation.ts";

export type CronJob = generated.CronJob;
type Spec = DeepReadonly<CronJob["spec"]>;

/** 63 less the time that is appended to the names of its Jobs. */
const MAX_NAME_LENGTH = 52;

const namesZone = (schedule: string): boolean => schedule.includes("TZ");

function validateSchedule({ schedule, timeZone }: Spec, previous: Spec | undefined, report: Report): void {
  if (!schedule) return report.required();
  try {
    parseCronSchedule(schedule);
  } catch (error) {
    report.invalid(schedule, (error as Error).message);
  }
  if (!namesZone(schedule)) return;
  // What was accepted once stays.
  if (previous && namesZone(previous.schedule)) {
    if (timeZone !== undefined) report.invalid(schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
  } else report.invalid(schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
}

function validateTimeZone(timeZone: string | undefined, report: Report): void {
  if (timeZone === undefined) return;
  if (timeZone === "") return report.invalid(timeZone, "timeZone must be nil or non-empty string");
  if (timeZone.toLowerCase() === "local")
    report.invalid(timeZone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
  else if (!isTimeZone(timeZone)) report.invalid(timeZone, `unknown time zone ${timeZone}`);
}

function validateSpec(spec: Spec, previous: Spec | undefined, report: Report): void {
  validateSchedule(spec, previous, report.at("schedule"));
  notNegative(spec.startingDeadlineSeconds, report.at("startingDeadlineSeconds"));
  if (previous?.timeZone !== spec.timeZone) validateTimeZone(spec.timeZone, report.at("timeZone"));
  requiredOneOf(spec.concurrencyPolicy, ["Allow", "Forbid", "Replace"], report.at("concurrencyPolicy"));
  validateJobTemplate(spec.jobTemplate, report.at("jobTemplate"));
  notNegative(spec.successfulJobsHistoryLimit, report.at("successfulJobsHistoryLimit"));
  notNegative(spec.failedJobsHistoryLimit, report.at("failedJobsHistoryLimit"));
}

const ZONE_IN_SCHEDULE =
  "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";

const strategy: Strategy<CronJob> = {
  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    if (!spec.concurrencyPolicy) spec.concurrencyPolicy = "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    defaultFailurePolicy(spec.jobTemplate.spec.podFailurePolicy);
    defaultPodTemplate(spec.jobTemplate.spec.template);
  },

  prepareForCreate(cronJob) {
    cronJob.status = {};
  },

  validate({ metadata, spec }, previous, report) {
    validateSpec(spec, previous?.spec, report.at("spec"));
    if (previous === undefined && metadata.name.length > MAX_NAME_LENGTH)
      report.at("metadata", "name").invalid(metadata.name, `must be no more than ${MAX_NAME_LENGTH} characters`);
  },

  warnings: ({ metadata, spec }, previous) => [
    ...(previous === undefined ? workloadNameWarnings(metadata.name) : []),
    ...jobSpecWarnings(spec.jobTemplate.spec, "spec.jobTemplate.spec"),
    ...(previous !== undefined && spec.schedule.includes("TZ") ? [ZONE_IN_SCHEDULE] : []),
  ],

  columns: (cronJob) => {
    const { spec, status } = cronJob;
    return [
      cronJob.metadata.name,
      spec?.schedule ?? "",
      spec?.timeZone ?? NONE,
      booleanWord(spec?.suspend),
      countOf(status?.active),
      status?.lastScheduleTime ? { ageOf: status.lastScheduleTime } : NONE,
      ageOf(cronJob),
      ...containerCells(spec?.jobTemplate.spec?.template),
      formatSelector(spec?.jobTemplate.spec?.selector),
    ];
  },
};

export const CronJob: Resource<CronJob> = resource({ group: "batch", resource: "cronjobs" }, strategy);

/**
 * Field errors of the status of a Job: counters that do not go back, and conditions that do not contradict each other.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions
 */

import type { DeepReadonly } from "../../base/readonly.ts";
import { isConditionTrue } from "../conditions.ts";
import type * as batch from "../generated/batch-v1.ts";
import { timeMs } from "../time.ts";
import { notNegative } from "../validation.ts";
import { OMITTED, type Report } from "../validation-report.ts";
import { parseIndexes } from "./job-indexes.ts";

type Job = DeepReadonly<batch.Job>;
type Status = Job["status"];

const holds = ({ conditions }: Status, type: string): boolean => isConditionTrue(conditions, type);

const isFinished = (status: Status): boolean => holds(status, "Complete") || holds(status, "Failed");

function validateUncounted({ uncountedTerminatedPods }: Status, report: Report): void {
  const seen = new Set<string>();
  for (const field of ["succeeded", "failed"] as const) {
    uncountedTerminatedPods?.[field]?.forEach((uid, index) => {
      const here = report.at("uncountedTerminatedPods", field, index);
      if (!uid) here.invalid(uid, "must not be empty");
      else if (seen.has(uid)) here.duplicate(uid);
      seen.add(uid);
    });
  }
}

/** Pairs of conditions that cannot both hold. */
const CONTRADICTIONS = [
  ["Complete", "Failed", "cannot set Complete=True and Failed=true conditions"],
  ["Complete", "FailureTarget", "cannot set Complete=True and FailureTarget=true conditions"],
  ["SuccessCriteriaMet", "Failed", "cannot set Failed=True and SuccessCriteriaMet=true conditions"],
  ["SuccessCriteriaMet", "FailureTarget", "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"],
] as const;

function validateConditions(status: Status, report: Report): void {
  for (const [one, other, why] of CONTRADICTIONS)
    if (holds(status, one) && holds(status, other)) report.at("conditions").invalid(OMITTED, why);
  if (holds(status, "Failed") && !holds(status, "FailureTarget"))
    report.at("conditions").invalid(OMITTED, "cannot set Failed=True condition without the FailureTarget=true condition");
  if (holds(status, "Complete") && !holds(status, "SuccessCriteriaMet"))
    report.at("conditions").invalid(OMITTED, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition");
}

function validateTimes(status: Status, report: Report): void {
  const { completionTime, startTime } = status;
  const here = report.at("completionTime");
  if (completionTime && !holds(status, "Complete"))
    here.invalid(completionTime, "cannot set completionTime when there is no Complete=True condition");
  if (!completionTime && holds(status, "Complete")) here.required("completionTime is required for Complete jobs");
  if (completionTime && startTime && timeMs(completionTime) < timeMs(startTime))
    here.invalid(completionTime, "completionTime cannot be set before startTime");
}

function validateFinished(status: Status, report: Report): void {
  if (!isFinished(status)) return;
  const { active = 0, terminating = 0, startTime, uncountedTerminatedPods: left } = status;
  if (active > 0) report.at("active").invalid(active, "active>0 is invalid for finished job");
  if (terminating > 0) report.at("terminating").invalid(terminating, "terminating>0 is invalid for finished job");
  if (!startTime) report.at("startTime").required("startTime is required for finished job");
  if ((left?.failed?.length ?? 0) + (left?.succeeded?.length ?? 0) > 0)
    report.at("uncountedTerminatedPods").invalid(left, "uncountedTerminatedPods needs to be empty for finished job");
}

function validateIndexes({ spec, status }: Job, report: Report): void {
  const { completedIndexes, failedIndexes } = status;
  if (completedIndexes && spec.completionMode !== "Indexed")
    report
      .at("completedIndexes")
      .invalid(completedIndexes, "cannot set non-empty completedIndexes when non-indexed completion mode");
  if (failedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    report.at("failedIndexes").invalid(failedIndexes, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
  if (spec.completionMode !== "Indexed" || spec.completions === undefined) return;
  for (const field of ["completedIndexes", "failedIndexes"] as const) {
    try {
      parseIndexes(status[field] ?? "", spec.completions);
    } catch (error) {
      report.at(field).invalid(status[field], `error parsing ${field}: ${(error as Error).message}`);
    }
  }
}

/** What a Job that was left alone keeps, or may only raise. */
function validateChange({ status, spec }: Job, previous: Status, report: Report): void {
  for (const type of ["Failed", "Complete"])
    if (holds(previous, type) && !holds(status, type))
      report.at("conditions").invalid(OMITTED, `cannot disable the terminal ${type}=True condition`);
  for (const field of ["failed", "succeeded"] as const) {
    const [now = 0, before = 0] = [status[field], previous[field]];
    if (now < before) report.at(field).invalid(now, `cannot decrease the ${field} counter`);
  }
  if (previous.completionTime && status.completionTime !== previous.completionTime)
    report.at("completionTime").invalid(status.completionTime, "field is immutable");
  if (previous.startTime && status.startTime !== previous.startTime && spec.suspend !== true)
    report.at("startTime").required("startTime cannot be removed for unsuspended job");
}

export function validateJobStatus(job: Job, previous: Job, report: Report): void {
  const here = report.at("status");
  const { status } = job;
  for (const field of ["active", "succeeded", "failed", "ready", "terminating"] as const)
    notNegative(status[field], here.at(field));
  validateUncounted(status, here);
  validateConditions(status, here);
  validateTimes(status, here);
  validateFinished(status, here);
  validateIndexes(job, here);
  if ((status.ready ?? 0) > (status.active ?? 0))
    here.at("ready").invalid(status.ready, "cannot set more ready pods than active");
  validateChange(job, previous.status, here);
}

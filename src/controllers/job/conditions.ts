/**
 * When a Job ends, and what its conditions say about it. Pure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
 */

import { conditionOf, isConditionTrue } from "../../api/conditions.ts";
import { formatTime } from "../../api/time.ts";
import { sum } from "../int-or-percent.ts";
import { mostRestarts } from "../pod-facts.ts";
import { timeOf } from "../time.ts";
import type { Count, JobStatus } from "./count.ts";
import { isIndexed, type ReadonlyJob, type ReadonlyPod } from "./pods.ts";
import { metSuccessRule } from "./policies.ts";

export type JobCondition = NonNullable<JobStatus["conditions"]>[number];

/** Why a Job is ending: `SuccessCriteriaMet` or `FailureTarget`, until all of its Pods have ended. */
export interface End {
  type: "SuccessCriteriaMet" | "FailureTarget";
  reason: string;
  message: string;
}

export const holds = ({ conditions }: JobStatus, type: string): boolean => isConditionTrue(conditions, type);

export const isFinished = ({ status }: ReadonlyJob): boolean => holds(status, "Complete") || holds(status, "Failed");

export function condition(type: string, status: string, { reason, message }: Omit<End, "type">, nowMs: number): JobCondition {
  const now = formatTime(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

/** The end that the status has already told. */
export function toldEnd({ conditions }: JobStatus): End | undefined {
  const told = conditions?.find(
    ({ type, status }) => status === "True" && (type === "SuccessCriteriaMet" || type === "FailureTarget"),
  );
  return told && { type: told.type as End["type"], reason: told.reason ?? "", message: told.message ?? "" };
}

const failure = (reason: string, message: string): End => ({ type: "FailureTarget", reason, message });
const success = (reason: string, message: string): End => ({ type: "SuccessCriteriaMet", reason, message });

/** Milliseconds until the deadline, negative past it; undefined where there is none. */
export function deadlineInMs({ spec, status }: ReadonlyJob, nowMs: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || !status.startTime || spec.suspend) return undefined;
  return timeOf(status.startTime) + spec.activeDeadlineSeconds * 1_000 - nowMs;
}

/** With `OnFailure` containers restart in their Pods: restarts are what the limit is about. */
function restartsTooOften({ spec }: ReadonlyJob, pods: readonly ReadonlyPod[]): boolean {
  if (spec.template.spec?.restartPolicy !== "OnFailure") return false;
  const running = pods.filter(({ status }) => status.phase === "Running" || status.phase === "Pending");
  const restarts = sum(running.map(mostRestarts));
  const limit = spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function failureEnd(job: ReadonlyJob, count: Count, pods: readonly ReadonlyPod[], nowMs: number): End | undefined {
  const { spec } = job;
  if (count.failJob !== undefined) return failure("PodFailurePolicy", count.failJob);
  if (count.failed + count.noted.failed.length > (spec.backoffLimit ?? 6) || restartsTooOften(job, pods))
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  if ((deadlineInMs(job, nowMs) ?? 1) <= 0) return failure("DeadlineExceeded", "Job was active longer than specified deadline");
  if (spec.backoffLimitPerIndex === undefined) return undefined;
  if (spec.maxFailedIndexes !== undefined && count.failedIndexes.size > spec.maxFailedIndexes)
    return failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  const isOver = count.failedIndexes.size + count.succeededIndexes.size >= (spec.completions ?? 0);
  return isOver && count.failedIndexes.size > 0 ? failure("FailedIndexes", "Job has failed indexes") : undefined;
}

function successEnd(job: ReadonlyJob, count: Count, active: number): End | undefined {
  if (isIndexed(job)) {
    const met = metSuccessRule(job, count.succeededIndexes);
    if (met !== undefined) return success("SuccessPolicy", met);
  }
  const { completions, parallelism } = job.spec;
  const succeeded = count.succeeded + count.noted.succeeded.length;
  const isDone = completions === undefined ? succeeded > 0 && active === 0 : succeeded >= completions;
  if (!isDone || (completions === undefined && parallelism === 0 && succeeded === 0)) return undefined;
  return success("CompletionsReached", "Reached expected number of succeeded pods");
}

/** Whether the Job is to end now, and why. */
export const endOf = (
  job: ReadonlyJob,
  count: Count,
  pods: readonly ReadonlyPod[],
  active: number,
  nowMs: number,
): End | undefined => failureEnd(job, count, pods, nowMs) ?? successEnd(job, count, active);

/** With the condition in place of the one of its type; one that says the same stays as it is. */
export function withCondition(conditions: readonly JobCondition[], next: JobCondition): readonly JobCondition[] {
  const before = conditionOf(conditions, next.type);
  if (before === undefined) return [...conditions, next];
  if (before.status === next.status && before.reason === next.reason && before.message === next.message) return conditions;
  return conditions.map((each) => (each === before ? next : each));
}

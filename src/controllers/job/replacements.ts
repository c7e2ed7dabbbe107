/**
 * How many Pods a Job should run now, for which indexes, and how long it waits after failures. Pure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
 */
import { isActive } from "../pod-facts.ts";
import { type Count, indexFailures } from "./count.ts";
import { finishedAtMs, hasFailed, hasSucceeded, indexOf, isIndexed, type ReadonlyJob, type ReadonlyPod } from "./pods.ts";

const FIRST_DELAY_MS = 10_000;
const LONGEST_DELAY_MS = 360_000;

/** Pods that should run at once. */
export function wantedActive({ spec }: ReadonlyJob, count: Count, active: number): number {
  const parallelism = spec.parallelism ?? 1;
  const succeeded = count.succeeded + count.noted.succeeded.length;
  if (spec.completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.min(parallelism, Math.max(0, spec.completions - succeeded - count.failedIndexes.size));
}

const delayOf = (failures: number): number =>
  failures === 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));

/** Milliseconds until a new Pod may start: failures since the last success double the wait. */
export function backoffInMs(job: ReadonlyJob, pods: readonly ReadonlyPod[], nowMs: number): number {
  const lastSuccessMs = Math.max(0, ...pods.filter(hasSucceeded).map(finishedAtMs));
  const failures = pods
    .filter((pod) => hasFailed(pod, job))
    .map(finishedAtMs)
    .filter((ms) => ms >= lastSuccessMs);
  if (failures.length === 0) return 0;
  return Math.max(0, Math.max(...failures) + delayOf(failures.length) - nowMs);
}

export interface FreeIndex {
  index: number;
  failures: number;
}

interface Ended {
  failures: number;
  atMs: number;
}

function lastEnds(job: ReadonlyJob, pods: readonly ReadonlyPod[]): Map<number, Ended> {
  const ends = new Map<number, Ended>();
  for (const pod of pods.filter((each) => hasFailed(each, job))) {
    const index = indexOf(pod);
    const failures = indexFailures(pod);
    if (failures > (ends.get(index)?.failures ?? 0)) ends.set(index, { failures, atMs: finishedAtMs(pod) });
  }
  return ends;
}

/** The lowest indexes that neither run, nor have succeeded or failed for good; and when the next one may start. */
export function freeIndexes(
  job: ReadonlyJob,
  pods: readonly ReadonlyPod[],
  { count, wanted, nowMs }: { count: Count; wanted: number; nowMs: number },
): { indexes: FreeIndex[]; retryInMs: number | undefined } {
  const waitsForEnd = job.spec.podReplacementPolicy === "Failed";
  const holdsIndex = (pod: ReadonlyPod): boolean => isActive(pod) || (waitsForEnd && !hasFailed(pod, job) && !hasSucceeded(pod));
  const taken = new Set(pods.filter(holdsIndex).map(indexOf));
  const ends = job.spec.backoffLimitPerIndex === undefined ? new Map<number, Ended>() : lastEnds(job, pods);
  const indexes: FreeIndex[] = [];
  let retryInMs: number | undefined;
  for (let index = 0; index < (job.spec.completions ?? 0) && indexes.length < wanted; index++) {
    if (taken.has(index) || count.succeededIndexes.has(index) || count.failedIndexes.has(index)) continue;
    const { failures, atMs } = ends.get(index) ?? { failures: 0, atMs: 0 };
    const waitMs = atMs + delayOf(failures) - nowMs;
    if (failures === 0 || waitMs <= 0) indexes.push({ index, failures });
    else retryInMs = Math.min(retryInMs ?? waitMs, waitMs);
  }
  return { indexes, retryInMs };
}

/** Whether the whole Job waits after failures; where indexes have their own limits, each waits alone. */
export const waitsAsWhole = (job: ReadonlyJob): boolean => !isIndexed(job) || job.spec.backoffLimitPerIndex === undefined;

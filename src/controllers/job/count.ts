/**
 * Counts the Pods of a Job that have ended, each exactly once. Pure.
 *
 * A Pod that has ended is first noted in `uncountedTerminatedPods`; once that is stored its finalizer goes; once that is gone the
 * note becomes a number. Whatever fails in between is found again in the status or in the finalizer.
 */
import type { Job } from "../../api/batch/job.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { formatIndexes, type IndexSet, indexSetOf, withIndexes } from "./indexes.ts";
import {
  hasFailed,
  hasSucceeded,
  INDEX_FAILURES,
  indexOf,
  isIndexed,
  isTracked,
  type ReadonlyJob,
  type ReadonlyPod,
} from "./pods.ts";
import { failureVerdict } from "./policies.ts";

export type JobStatus = DeepReadonly<Job["status"]>;

export interface Count {
  /** Counted, without those that are only noted. */
  succeeded: number;
  failed: number;
  noted: { succeeded: readonly string[]; failed: readonly string[] };
  succeededIndexes: IndexSet;
  failedIndexes: IndexSet;
  /** Pods that need their finalizer no more once this is stored. */
  release: readonly ReadonlyPod[];
  /** Why the Job fails by its failure policy. */
  failJob: string | undefined;
}

interface Notes {
  kept: string[];
  counted: number;
}

/** Notes of Pods without finalizer have become numbers. */
function settle(uids: readonly string[] | undefined, tracked: ReadonlySet<string>): Notes {
  const kept = (uids ?? []).filter((uid) => tracked.has(uid));
  return { kept, counted: (uids?.length ?? 0) - kept.length };
}

/** Failures of the Pod's index, with this one. */
export const indexFailures = ({ metadata }: ReadonlyPod): number => Number(metadata.annotations?.[INDEX_FAILURES] ?? 0) + 1;

/**
 * `ends`: by which condition the Job is ending. What still runs when it has succeeded counts for nothing, when it has failed as
 * failed: it is about to be deleted.
 */
export function countPods(job: ReadonlyJob, pods: readonly ReadonlyPod[], ends: string | undefined): Count {
  const { status, spec } = job;
  const tracked = pods.filter(isTracked);
  const uids = new Set(tracked.map(({ metadata }) => metadata.uid));
  const succeeded = settle(status.uncountedTerminatedPods?.succeeded, uids);
  const failed = settle(status.uncountedTerminatedPods?.failed, uids);
  const noted = new Set([...succeeded.kept, ...failed.kept]);
  const release: ReadonlyPod[] = [];
  const doneIndexes: number[] = [];
  const lostIndexes: number[] = [];
  let failJob: string | undefined;

  const noteFailure = (pod: ReadonlyPod): void => {
    const { action, message } = pod.status.phase === "Failed" ? failureVerdict(job, pod) : { action: "Count", message: "" };
    if (action === "Ignore") return;
    if (action === "FailJob") failJob ??= message;
    failed.kept.push(pod.metadata.uid);
    const limit = spec.backoffLimitPerIndex;
    if (limit !== undefined && (action === "FailIndex" || indexFailures(pod) > limit)) lostIndexes.push(indexOf(pod));
  };
  const note = (pod: ReadonlyPod): void => {
    if (ends === "SuccessCriteriaMet") return;
    if (!hasSucceeded(pod)) noteFailure(pod);
    else if (isIndexed(job)) doneIndexes.push(indexOf(pod));
    else succeeded.kept.push(pod.metadata.uid);
  };
  for (const pod of tracked) {
    if (noted.has(pod.metadata.uid)) release.push(pod);
    else if (hasSucceeded(pod) || hasFailed(pod, job) || ends === "FailureTarget") {
      note(pod);
      release.push(pod);
    }
  }
  const limit = spec.completions ?? Number.POSITIVE_INFINITY;
  const inRange = (index: number): boolean => index >= 0 && index < limit;
  const succeededIndexes = withIndexes(indexSetOf(status.completedIndexes, limit), doneIndexes.filter(inRange));
  return {
    succeeded: isIndexed(job) ? succeededIndexes.size : (status.succeeded ?? 0) + succeeded.counted,
    failed: (status.failed ?? 0) + failed.counted,
    noted: { succeeded: succeeded.kept, failed: failed.kept },
    succeededIndexes,
    failedIndexes: withIndexes(indexSetOf(status.failedIndexes, limit), lostIndexes.filter(inRange)),
    release,
    failJob,
  };
}

/** The fields of the status that tell the count. */
export function countedFields(job: ReadonlyJob, count: Count): JobStatus {
  const { succeeded, failed, noted, succeededIndexes, failedIndexes } = count;
  return {
    ...(succeeded === 0 ? {} : { succeeded }),
    ...(failed === 0 ? {} : { failed }),
    ...(isIndexed(job) && succeededIndexes.size > 0 ? { completedIndexes: formatIndexes(succeededIndexes) } : {}),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
    uncountedTerminatedPods: {
      ...(noted.succeeded.length === 0 ? {} : { succeeded: noted.succeeded }),
      ...(noted.failed.length === 0 ? {} : { failed: noted.failed }),
    },
  };
}

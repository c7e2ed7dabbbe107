/**
 * Runs the Pods of Jobs to their end, as many and as often as each Job asks for, and counts how they ended.
 *
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
import { Job } from "../../api/batch/job.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { isNotFound } from "../../api/errors.ts";
import { controllerOf, keyOf, splitKey } from "../../api/meta.ts";
import { formatTime } from "../../api/time.ts";
import { EXPECTATION_TIMEOUT_MS } from "../../client/expectations.ts";
import type { Controller, ControllerContext, Reconcile } from "../controller.ts";
import { claimOwned } from "../ownership.ts";
import { asError, createPods, deletePods } from "../pod-control.ts";
import { isActive, isReady, isTerminating } from "../pod-facts.ts";
import { byDeletionCost } from "../replica-set/deletion-order.ts";
import {
  condition,
  deadlineInMs,
  type End,
  endOf,
  holds,
  isFinished,
  type JobCondition,
  toldEnd,
  withCondition,
} from "./conditions.ts";
import { type Count, countedFields, countPods, type JobStatus } from "./count.ts";
import { isIndexed, isTracked, jobPod, type ReadonlyJob, type ReadonlyPod, TRACKING } from "./pods.ts";
import { backoffInMs, type FreeIndex, freeIndexes, waitsAsWhole, wantedActive } from "./replacements.ts";

const JOB_CONTROLLER = "kubernetes.io/job-controller";

interface Run {
  job: ReadonlyJob;
  context: ControllerContext;
  pods: readonly ReadonlyPod[];
  active: readonly ReadonlyPod[];
  count: Count;
  nowMs: number;
}

/** What became of the Pods: how many are active then, and what failed on the way. */
interface Managed {
  active: number;
  /** Deleted just now. */
  deleted: number;
  failure: unknown;
}

async function removeFinalizers({ client }: ControllerContext, pods: readonly ReadonlyPod[]): Promise<void> {
  await Promise.all(
    pods.filter(isTracked).map(async ({ metadata: { namespace = "", name, uid } }) => {
      const patch = { metadata: { uid, "$deleteFromPrimitiveList/finalizers": [TRACKING] } };
      await client.patch(Pod, { namespace, name }, "strategic", patch).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }),
  );
}

async function stopPods({ job, context, active }: Run, pods = active): Promise<Managed> {
  const failure = pods.length === 0 ? undefined : await deletePods(context, job, pods);
  const deleted = failure === undefined ? pods.length : 0;
  return { active: active.length - deleted, deleted, failure };
}

async function startPods(run: Run, missing: number): Promise<Managed> {
  const { job, context, pods, active, count, nowMs } = run;
  const key = keyOf(job);
  const waitMs = waitsAsWhole(job) ? backoffInMs(job, pods, nowMs) : 0;
  if (waitMs > 0) {
    context.requeueAfter(key, waitMs);
    return { active: active.length, deleted: 0, failure: undefined };
  }
  let indexes: (FreeIndex | undefined)[] = Array.from({ length: missing }, () => undefined);
  if (isIndexed(job)) {
    const free = freeIndexes(job, pods, { count, wanted: missing, nowMs });
    indexes = free.indexes;
    if (free.retryInMs !== undefined) context.requeueAfter(key, free.retryInMs);
  }
  const failure = await createPods(context, job, indexes.length, (at) =>
    jobPod(job, indexes[at]?.index, indexes[at]?.failures ?? 0),
  );
  return { active: active.length + (failure === undefined ? indexes.length : 0), deleted: 0, failure };
}

/** Brings the number of active Pods to what the Job wants now. */
function manage(run: Run): Promise<Managed> {
  const { job, active, count, pods, nowMs } = run;
  if (job.spec.suspend) return stopPods(run);
  const wanted = wantedActive(job, count, active.length);
  if (active.length > wanted) {
    const order = { nowMs, neighbours: () => 0 };
    return stopPods(run, active.toSorted(byDeletionCost(order)).slice(0, active.length - wanted));
  }
  const waiting = job.spec.podReplacementPolicy === "Failed" ? pods.filter(isTerminating).length : 0;
  const missing = wanted - active.length - waiting;
  return missing > 0 ? startPods(run, missing) : Promise.resolve({ active: active.length, deleted: 0, failure: undefined });
}

/** Conditions and start: what the Job says besides its counts, and what it tells in Events. */
function progressOf({ job, nowMs, context }: Run, end: End | undefined): { fields: JobStatus; announce: () => void } {
  const { events } = context;
  let conditions: readonly JobCondition[] = job.status.conditions ?? [];
  let { startTime } = job.status;
  let announce = (): void => {};
  const say = (reason: string, message: string) => (): void => events.event(job, "Normal", reason, message);
  if (job.spec.suspend && !holds(job.status, "Suspended") && end === undefined) {
    conditions = withCondition(
      conditions,
      condition("Suspended", "True", { reason: "JobSuspended", message: "Job suspended" }, nowMs),
    );
    announce = say("Suspended", "Job suspended");
  } else if (!job.spec.suspend && holds(job.status, "Suspended")) {
    conditions = withCondition(
      conditions,
      condition("Suspended", "False", { reason: "JobResumed", message: "Job resumed" }, nowMs),
    );
    announce = say("Resumed", "Job resumed");
    startTime = formatTime(nowMs);
  }
  if (!job.spec.suspend) startTime ??= formatTime(nowMs);
  if (end !== undefined) conditions = withCondition(conditions, condition(end.type, "True", end, nowMs));
  const fields = { ...(startTime ? { startTime } : {}), ...(conditions.length === 0 ? {} : { conditions }) };
  return { fields, announce };
}

/** The last step: every Pod has ended and is counted. */
function finish(
  { job, nowMs, context: { events } }: Run,
  status: JobStatus,
  end: End,
): { status: JobStatus; announce: () => void } {
  const isComplete = end.type === "SuccessCriteriaMet";
  const last = condition(isComplete ? "Complete" : "Failed", "True", end, nowMs);
  const announce = (): void =>
    isComplete
      ? events.event(job, "Normal", "Completed", "Job completed")
      : events.event(job, "Warning", end.reason, end.message);
  return {
    status: {
      ...status,
      conditions: withCondition(status.conditions ?? [], last),
      ...(isComplete ? { completionTime: formatTime(nowMs) } : {}),
    },
    announce,
  };
}

function statusOf(run: Run, managed: Managed, end: End | undefined): { status: JobStatus; announce: () => void } {
  const { job, pods, count } = run;
  const progress = progressOf(run, end);
  const terminating = pods.filter(isTerminating).length + managed.deleted;
  const status: JobStatus = {
    ...progress.fields,
    ...countedFields(job, count),
    ...(managed.active === 0 ? {} : { active: managed.active }),
    ready: managed.active === 0 ? 0 : run.active.filter(isReady).length,
    terminating,
  };
  const open = count.noted.succeeded.length + count.noted.failed.length + count.release.length + pods.filter(isTracked).length;
  if (end === undefined || open > 0 || terminating > 0 || managed.active > 0) return { status, announce: progress.announce };
  return finish(run, status, end);
}

const reconcile: Reconcile<Job> = async (job, context) => {
  const { client, listers, expectations, clock, requeueAfter } = context;
  const { managedBy } = job.spec;
  if (managedBy !== undefined && managedBy !== JOB_CONTROLLER) return;
  const owned = listers.ownedBy(Pod, job);
  if (isFinished(job)) return removeFinalizers(context, owned);
  const current = expectations.satisfied(job);
  const orphans = listers.orphans(Pod, job.metadata.namespace ?? "").filter(isActive);
  const pods = await claimOwned({ client, owner: job, ownerKind: Job, of: Pod, owned, orphans });
  const nowMs = clock.now();
  const active = pods.filter(isActive);
  const told = toldEnd(job.status);
  const found = countPods(job, pods, told?.type);
  const end = told ?? endOf(job, found, pods, active.length, nowMs);
  const count = end?.type === "FailureTarget" && told === undefined ? countPods(job, pods, end.type) : found;
  const run: Run = { job, context, pods, active, count, nowMs };

  let managed: Managed = { active: active.length, deleted: 0, failure: undefined };
  if (!current) requeueAfter(keyOf(job), EXPECTATION_TIMEOUT_MS);
  else if (job.metadata.deletionTimestamp === undefined) managed = await (end === undefined ? manage(run) : stopPods(run));

  const { status, announce } = statusOf(run, managed, end);
  const written = await client.updateStatusIfChanged(Job, job, status);
  if (written !== job) announce();
  await removeFinalizers(context, count.release);
  if (managed.failure !== undefined) throw asError(managed.failure);
  const limitMs = end === undefined ? deadlineInMs(written, nowMs) : undefined;
  if (limitMs !== undefined) requeueAfter(keyOf(job), Math.max(0, limitMs));
};

export const jobController: Controller<Job> = {
  name: "job-controller",
  reconciles: Job,
  wokenBy: [{ owned: Pod }, { orphans: Pod }],
  reconcile,

  /** Pods of a Job that is gone need not wait to be counted. */
  async forget(key, context) {
    const { namespace, name } = splitKey(key);
    const left = [...context.listers.list(Pod, namespace)].filter((pod) => {
      const owner = controllerOf(pod);
      return isTracked(pod) && owner?.kind === "Job" && owner.name === name;
    });
    await removeFinalizers(context, left);
  },
};

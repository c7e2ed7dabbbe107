/**
 * The Pods of a Job: how they are made, and what each of them counts for.
 *
 * A finalizer keeps every Pod until it has been counted, so that none is missed, whoever deletes it.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-tracking-with-finalizers
 */
import type { Job } from "../../api/batch/job.ts";
import type { Pod } from "../../api/core/pod/pod.ts";
import type { Draft } from "../../api/meta.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type PodDraft, podFrom } from "../pod-control.ts";
import { timeOf } from "../time.ts";

export type ReadonlyJob = DeepReadonly<Job>;
export type ReadonlyPod = DeepReadonly<Pod>;

export const TRACKING = "batch.kubernetes.io/job-tracking";
const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";
export const INDEX_FAILURES = "batch.kubernetes.io/job-index-failure-count";
const INDEX_VARIABLE = "JOB_COMPLETION_INDEX";

export const isIndexed = ({ spec }: ReadonlyJob): boolean => spec.completionMode === "Indexed";
export const isTracked = ({ metadata }: ReadonlyPod): boolean => metadata.finalizers?.includes(TRACKING) === true;

/** -1 where it has none. */
export function indexOf({ metadata }: ReadonlyPod): number {
  const index = Number(metadata.annotations?.[COMPLETION_INDEX] ?? Number.NaN);
  return Number.isInteger(index) && index >= 0 ? index : -1;
}

export const hasSucceeded = ({ status }: ReadonlyPod): boolean => status.phase === "Succeeded";

/** A Pod that is being deleted counts as failed at once, unless only failed ones are replaced: then when it has ended. */
export function hasFailed({ metadata, status }: ReadonlyPod, { spec }: ReadonlyJob): boolean {
  if (status.phase === "Failed") return true;
  if (metadata.deletionTimestamp === undefined || status.phase === "Succeeded") return false;
  return spec.podReplacementPolicy === "Failed" ? status.phase === "Pending" && !status.containerStatuses?.length : true;
}

/** When the last of its containers ended; when it was deleted, where none says. */
export function finishedAtMs({ metadata, status }: ReadonlyPod): number {
  const ends = (status.containerStatuses ?? []).map(({ state, lastState }) =>
    timeOf((state?.terminated ?? lastState?.terminated)?.finishedAt),
  );
  return Math.max(0, ...ends) || timeOf(metadata.deletionTimestamp);
}

function withIndex(pod: Draft<Pod>, job: ReadonlyJob, index: number): void {
  const fieldRef = { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` };
  for (const list of [pod.spec?.containers, pod.spec?.initContainers]) {
    for (const [at, container] of (list ?? []).entries()) {
      if (list === undefined || container.env?.some(({ name }) => name === INDEX_VARIABLE)) continue;
      list[at] = { ...container, env: [...(container.env ?? []), { name: INDEX_VARIABLE, valueFrom: { fieldRef } }] };
    }
  }
  if (pod.metadata !== undefined) pod.metadata.generateName = `${job.metadata.name}-${index}-`;
  if (pod.spec !== undefined) pod.spec.hostname = `${job.metadata.name}-${index}`;
}

/** `failures`: how often the index has failed so far, where indexes have a limit of their own. */
export function jobPod(job: ReadonlyJob, index: number | undefined, failures: number): Draft<Pod> {
  const { template, backoffLimitPerIndex } = job.spec;
  const own: PodDraft =
    index === undefined
      ? {}
      : {
          labels: { [COMPLETION_INDEX]: String(index) },
          annotations: {
            [COMPLETION_INDEX]: String(index),
            ...(backoffLimitPerIndex === undefined ? {} : { [INDEX_FAILURES]: String(failures) }),
          },
        };
  const pod = podFrom(job, template, own);
  if (pod.spec?.containers) pod.spec.containers = [...pod.spec.containers];
  if (pod.spec?.initContainers) pod.spec.initContainers = [...pod.spec.initContainers];
  if (index !== undefined) withIndex(pod, job, index);
  if (pod.metadata !== undefined) pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
  return pod;
}

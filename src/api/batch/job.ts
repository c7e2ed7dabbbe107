/**
 * batch/v1 Job: Pods that run to their end, as many and as often as it takes.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { templateWarnings, workloadNameWarnings } from "../core/pod/warnings.ts";
import type * as generated from "../generated/batch-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { jobCells } from "./job-columns.ts";
import { validateJobStatus } from "./job-status-validation.ts";
import { CONTROLLER_UID_LABELS, JOB_NAME_LABELS, validateJob, validateJobUpdate } from "./job-validation.ts";

export type Job = generated.Job;

const DEFAULT_BACKOFF_LIMIT = 6;
/** Where each index has its own limit, the Job has none. */
const NO_BACKOFF_LIMIT = 2 ** 31 - 1;

/** A pattern on a condition of a Pod means that the condition holds. */
export function defaultFailurePolicy(policy: generated.PodFailurePolicy | undefined): void {
  for (const { onPodConditions } of policy?.rules ?? [])
    for (const pattern of onPodConditions ?? []) if (!pattern.status) pattern.status = "True";
}

/** The Job's own Pods are those with its uid, unless the user says otherwise. */
function generateSelector({ metadata, spec }: Job): void {
  spec.template.metadata ??= {};
  const labels: Record<string, string> = { ...spec.template.metadata.labels };
  for (const key of JOB_NAME_LABELS) labels[key] ??= metadata.name;
  for (const key of CONTROLLER_UID_LABELS) labels[key] ??= metadata.uid;
  spec.template.metadata.labels = labels;
  const { matchLabels = {}, ...rest } = spec.selector ?? {};
  const key = CONTROLLER_UID_LABELS[1];
  spec.selector = { ...rest, matchLabels: { [key]: metadata.uid, ...matchLabels } };
}

const MANY_COMPLETIONS = 100_000;
const MUCH_PARALLELISM = 10_000;
const HARD_TO_TRACK =
  "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";

export function jobSpecWarnings(
  { completionMode, completions = 0, parallelism = 0, template }: DeepReadonly<Job["spec"]>,
  path: string,
): string[] {
  const isHardToTrack = completionMode === "Indexed" && completions > MANY_COMPLETIONS && parallelism > MUCH_PARALLELISM;
  return [
    ...(isHardToTrack ? [`${path}: ${HARD_TO_TRACK}`] : []),
    ...(template ? templateWarnings(template, `${path}.template`) : []),
  ];
}

const strategy: Strategy<Job> = {
  columns: jobCells,
  hasGeneration: true,
  unconditionalUpdate: true,

  default({ metadata, spec }) {
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? DEFAULT_BACKOFF_LIMIT : NO_BACKOFF_LIMIT;
    const templateLabels = spec.template?.metadata?.labels;
    if (templateLabels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...templateLabels };
    spec.completionMode ??= "NonIndexed";
    spec.suspend ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
    spec.manualSelector ??= false;
    defaultFailurePolicy(spec.podFailurePolicy);
    defaultPodTemplate(spec.template);
  },

  prepareForCreate(job) {
    const { metadata, spec } = job;
    job.status = {};
    const inherits = deepEqual(metadata.labels ?? {}, spec.template.metadata?.labels ?? {});
    if (!spec.manualSelector) generateSelector(job);
    // A Job without labels of its own has those of its Pods, the generated ones too.
    if (inherits && spec.template.metadata?.labels) metadata.labels = { ...spec.template.metadata.labels };
  },

  validate(job, previous, report) {
    if (previous) validateJobUpdate(job, previous, report);
    else validateJob(job, report);
  },

  warnings: ({ metadata, spec }, previous) => [
    ...(previous === undefined ? workloadNameWarnings(metadata.name) : []),
    ...jobSpecWarnings(spec, "spec"),
  ],

  validateSubresource: { status: validateJobStatus },

  selectableFields: ({ status }) => ({ "status.successful": String(status.succeeded ?? 0) }),
};

export const Job: Resource<Job> = resource({ group: "batch", resource: "jobs" }, strategy);

/**
 * Field errors of the specification of a Job, and what of it may change.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { validatePodTemplate } from "../core/pod/validation/index.ts";
import type * as batch from "../generated/batch-v1.ts";
import type { PodTemplateSpec } from "../generated/shared.ts";
import { dnsLabelErrors, domainPrefixedPathErrors } from "../names.ts";
import { selectorFromObject } from "../selectors/index.ts";
import { immutable, notNegative, oneOf, requiredBy, validateLabelSelector } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateFailurePolicy, validateReplacementPolicy, validateSuccessPolicy } from "./job-policies.ts";

type Job = DeepReadonly<batch.Job>;
type Spec = DeepReadonly<batch.JobSpec>;

const MAX_MANAGER_LENGTH = 63;
/** Bounds of an indexed Job, so that its status stays small. */
const MANY = 100_000;
const FEW = 10_000;

export const JOB_NAME_LABELS = ["job-name", "batch.kubernetes.io/job-name"] as const;
export const CONTROLLER_UID_LABELS = ["controller-uid", "batch.kubernetes.io/controller-uid"] as const;

function validateIndexed(spec: Spec, report: Report): void {
  const { completions, parallelism, maxFailedIndexes, backoffLimitPerIndex } = spec;
  if (completions === undefined) report.at("completions").required("when completion mode is Indexed");
  if (parallelism !== undefined && parallelism > MANY)
    report.at("parallelism").invalid(parallelism, `must be less than or equal to ${MANY} when completion mode is Indexed`);
  const failed = report.at("maxFailedIndexes");
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    failed.invalid(maxFailedIndexes, "must be less than or equal to completions");
  if (maxFailedIndexes !== undefined && maxFailedIndexes > MANY)
    failed.invalid(maxFailedIndexes, `must be less than or equal to ${MANY}`);
  if ((completions ?? 0) <= MANY || backoffLimitPerIndex === undefined) return;
  const few = `must be less than or equal to ${FEW} when completions are above ${MANY} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) failed.required(`must be specified when completions is above ${MANY}`);
  if (parallelism !== undefined && parallelism > FEW) report.at("parallelism").invalid(parallelism, few);
  if (maxFailedIndexes !== undefined && maxFailedIndexes > FEW) failed.invalid(maxFailedIndexes, few);
}

function validateCompletionMode(spec: Spec, report: Report): void {
  const { completionMode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (completionMode !== undefined) oneOf(completionMode, ["NonIndexed", "Indexed"], report.at("completionMode"));
  if (completionMode === "Indexed") validateIndexed(spec, report);
  if (completionMode !== undefined && completionMode !== "NonIndexed") return;
  const indexedOnly = "requires indexed completion mode";
  if (backoffLimitPerIndex !== undefined) report.at("backoffLimitPerIndex").invalid(backoffLimitPerIndex, indexedOnly);
  if (maxFailedIndexes !== undefined) report.at("maxFailedIndexes").invalid(maxFailedIndexes, indexedOnly);
}

function validateRestartPolicy(spec: Spec, report: Report): void {
  const policy = spec.template.spec?.restartPolicy;
  const here = report.at("template", "spec", "restartPolicy");
  if (!policy || policy === "Always") here.required('valid values: "OnFailure", "Never"');
  else if (policy !== "OnFailure" && policy !== "Never") here.notSupported(policy, ["OnFailure", "Never"]);
  else if (spec.podFailurePolicy && policy !== "Never")
    here.invalid(policy, 'only "Never" is supported when podFailurePolicy is specified');
}

const COUNTS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;

/** Without the selector, which a CronJob's template does not have. */
function validateSpec(spec: Spec, report: Report): void {
  for (const field of COUNTS) notNegative(spec[field], report.at(field));
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    report.at("backoffLimitPerIndex").required("when maxFailedIndexes is specified");
  if (spec.managedBy !== undefined) {
    requiredBy(spec.managedBy, domainPrefixedPathErrors, report.at("managedBy"));
    if (spec.managedBy.length > MAX_MANAGER_LENGTH) report.at("managedBy").tooLong(MAX_MANAGER_LENGTH);
  }
  validateCompletionMode(spec, report);
  validateFailurePolicy(spec, report.at("podFailurePolicy"));
  validateSuccessPolicy(spec, report.at("successPolicy"));
  validateReplacementPolicy(spec, report.at("podReplacementPolicy"));
  validatePodTemplate(spec.template, report.at("template"));
  validateRestartPolicy(spec, report);
}

function validateSelector(spec: Spec, report: Report): void {
  const before = report.errors;
  const { selector, template } = spec;
  if (!selector) report.at("selector").required();
  else validateLabelSelector(selector, report.at("selector"));
  const labels = template.metadata?.labels ?? {};
  if (selector && report.errors > before) return;
  if (!selector || !selectorFromObject(selector).matches(labels))
    report.at("template", "metadata", "labels").invalid(labels, "`selector` does not match template `labels`");
}

/** Unless the selector was chosen by hand, the Pods carry the Job's name and uid. */
function validateGeneratedSelector({ metadata, spec }: Job, report: Report): void {
  if (spec.manualSelector || !spec.selector) return;
  if (!metadata.uid) report.at("metadata", "uid").required();
  const labels: Readonly<Record<string, string>> = spec.template.metadata?.labels ?? {};
  const expected = Object.fromEntries([
    ...CONTROLLER_UID_LABELS.map((key) => [key, metadata.uid] as const),
    ...JOB_NAME_LABELS.map((key) => [key, metadata.name] as const),
  ]);
  for (const [key, value] of Object.entries(expected)) {
    const here = report.at("spec", "template", "metadata", "labels", { key });
    if (labels[key] === undefined) here.required(`must be '${value}'`);
    else if (labels[key] !== value) here.invalid(labels, `must be '${value}'`);
  }
  try {
    if (!selectorFromObject(spec.selector).matches(expected))
      report.at("spec", "selector").invalid(spec.selector, "`selector` not auto-generated");
  } catch {
    // A malformed selector is reported where it stands.
  }
}

export function validateJob(job: Job, report: Report): void {
  const { metadata, spec } = job;
  validateGeneratedSelector(job, report);
  const here = report.at("spec");
  validateSpec(spec, here);
  validateSelector(spec, here);
  if (spec.completionMode !== "Indexed" || !spec.completions || spec.completions < 0) return;
  // Each Pod of an indexed Job has a host name with its index.
  const longest = `${metadata.name}-${spec.completions - 1}`;
  if (dnsLabelErrors(longest).length > 0)
    report.at("metadata", "name").invalid(metadata.name, `will not able to create pod with invalid DNS label: ${longest}`);
}

/** The template of a CronJob's Jobs: their selectors are made when they are. */
export function validateJobTemplate({ spec }: DeepReadonly<batch.JobTemplateSpec>, report: Report): void {
  const here = report.at("spec");
  validateSpec(spec, here);
  if (spec.selector) here.at("selector").invalid(spec.selector, "`selector` will be auto-generated");
  if (spec.manualSelector) here.at("manualSelector").notSupported(spec.manualSelector, ["nil", "false"]);
}

/** What may change in the template of a Job that is suspended and has not started: where its Pods may run, and what they ask for. */
function withFreedom(template: DeepReadonly<PodTemplateSpec>, previous: DeepReadonly<PodTemplateSpec>): unknown {
  const { affinity: before } = previous.spec ?? {};
  const { affinity: now } = template.spec ?? {};
  const { nodeAffinity: _before, ...others } = before ?? {};
  const affinity = { ...others, ...(now?.nodeAffinity && { nodeAffinity: now.nodeAffinity }) };
  const resources = new Map(template.spec?.containers?.map(({ name, resources }) => [name, resources]));
  return {
    metadata: { ...previous.metadata, labels: template.metadata?.labels, annotations: template.metadata?.annotations },
    spec: {
      ...previous.spec,
      affinity: now === undefined && Object.keys(affinity).length === 0 ? undefined : affinity,
      nodeSelector: template.spec?.nodeSelector,
      tolerations: template.spec?.tolerations,
      schedulingGates: template.spec?.schedulingGates,
      containers: previous.spec?.containers?.map((container) => ({ ...container, resources: resources.get(container.name) })),
    },
  };
}

function validateCompletionsChange(spec: Spec, previous: Spec, report: Report): void {
  if (spec.completionMode !== "Indexed") return immutable(spec.completions, previous.completions, report);
  if (spec.completions === previous.completions || spec.completions === undefined) return;
  if (spec.completions !== spec.parallelism)
    report.invalid(spec.completions, "can only be modified in tandem with spec.parallelism");
}

export function validateJobUpdate(job: Job, previous: Job, report: Report): void {
  const here = report.at("spec");
  const { spec } = job;
  validateSpec(spec, here);
  validateSelector(spec, here);
  validateCompletionsChange(spec, previous.spec, here.at("completions"));
  immutable(spec.selector, previous.spec.selector, here.at("selector"));
  const isIdle = previous.spec.suspend === true && previous.status.startTime === undefined;
  const allowed = isIdle ? withFreedom(spec.template, previous.spec.template) : previous.spec.template;
  if (!deepEqual(spec.template, allowed)) here.at("template").invalid(spec.template, "field is immutable");
  for (const field of ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] as const)
    immutable(spec[field], previous.spec[field], here.at(field));
}

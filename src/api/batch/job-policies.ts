/**
 * Field errors of a Job's policies: which failures of Pods count, when it has succeeded, when Pods are replaced.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as batch from "../generated/batch-v1.ts";
import { qualifiedNameErrors } from "../names.ts";
import { follows, notNegative, oneOf } from "../validation.ts";
import { OMITTED, type Report } from "../validation-report.ts";
import { countIndexes } from "./job-indexes.ts";

type Spec = DeepReadonly<batch.JobSpec>;

const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;
const MAX_INDEXES_BYTES = 65_536;
const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS = ["In", "NotIn"];
const STATUSES = ["False", "True", "Unknown"];

/** Lists of choices inside of a text are shown in Go's way. */
const choices = (values: readonly string[]): string => `valid values: [${values.map((each) => JSON.stringify(each)).join(" ")}]`;

function chosen(value: string | undefined, supported: readonly string[], report: Report): void {
  if (!value) report.required(choices(supported));
  else oneOf(value, supported, report);
}

function validateExitCodes(
  { operator, containerName, values = [] }: DeepReadonly<batch.PodFailurePolicyOnExitCodesRequirement>,
  containers: ReadonlySet<string>,
  report: Report,
): void {
  chosen(operator, OPERATORS, report.at("operator"));
  if (containerName !== undefined && !containers.has(containerName))
    report.at("containerName").invalid(containerName, "must be one of the container or initContainer names in the pod template");
  const here = report.at("values");
  if (!values?.length) return here.invalid(values ?? [], "at least one value is required");
  if (values.length > MAX_EXIT_CODES) here.tooMany(values.length, MAX_EXIT_CODES);
  const seen = new Set<number>();
  values.forEach((code, index) => {
    if (operator === "In" && code === 0) here.at(index).invalid(0, "must not be 0 for the In operator");
    if (seen.has(code)) here.at(index).duplicate(code);
    seen.add(code);
  });
  if (values.some((code, index) => index > 0 && (values[index - 1] ?? 0) > code)) here.invalid(values, "must be ordered");
}

function validateFailureRule(
  { action, onExitCodes, onPodConditions = [] }: DeepReadonly<batch.PodFailurePolicyRule>,
  spec: Spec,
  containers: ReadonlySet<string>,
  report: Report,
): void {
  if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined)
    report.at("action").invalid(action, "requires the backoffLimitPerIndex to be set");
  else chosen(action, ACTIONS, report.at("action"));
  if (onExitCodes) validateExitCodes(onExitCodes, containers, report.at("onExitCodes"));
  const conditions = report.at("onPodConditions");
  if (onPodConditions.length > MAX_RULES) conditions.tooMany(onPodConditions.length, MAX_RULES);
  onPodConditions.forEach(({ type, status }, index) => {
    follows(type, qualifiedNameErrors, conditions.at(index, "type"));
    chosen(status, STATUSES, conditions.at(index, "status"));
  });
  if (onExitCodes && onPodConditions.length > 0)
    report.invalid(OMITTED, "specifying both OnExitCodes and OnPodConditions is not supported");
  if (!onExitCodes && onPodConditions.length === 0)
    report.invalid(OMITTED, "specifying one of OnExitCodes and OnPodConditions is required");
}

export function validateFailurePolicy(spec: Spec, report: Report): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > MAX_RULES) report.at("rules").tooMany(rules.length, MAX_RULES);
  const { initContainers = [], containers = [] } = spec.template.spec ?? {};
  const names = new Set([...initContainers, ...(containers ?? [])].map(({ name }) => name));
  rules.forEach((rule, index) => {
    validateFailureRule(rule, spec, names, report.at("rules", index));
  });
}

function validateSuccessRule(
  { succeededIndexes, succeededCount }: DeepReadonly<batch.SuccessPolicyRule>,
  completions: number,
  report: Report,
): void {
  if (succeededIndexes === undefined && succeededCount === undefined)
    report.required("at least one of succeededCount or succeededIndexes must be specified");
  let total = 0;
  if (succeededIndexes !== undefined) {
    const here = report.at("succeededIndexes");
    if (succeededIndexes.length > MAX_INDEXES_BYTES) here.tooLong(MAX_INDEXES_BYTES);
    try {
      total = countIndexes(succeededIndexes, completions);
    } catch (error) {
      here.invalid(succeededIndexes, `error parsing succeededIndexes: ${(error as Error).message}`);
    }
  }
  if (succeededCount === undefined) return;
  const here = report.at("succeededCount");
  notNegative(succeededCount, here);
  if (succeededCount > completions)
    here.invalid(succeededCount, `must be less than or equal to ${completions} (the number of specified completions)`);
  if (succeededIndexes !== undefined && succeededCount > total)
    here.invalid(
      succeededCount,
      `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
    );
}

export function validateSuccessPolicy(spec: Spec, report: Report): void {
  const { successPolicy } = spec;
  if (!successPolicy) return;
  if (spec.completionMode !== "Indexed") return report.invalid(successPolicy, "requires indexed completion mode");
  const rules = successPolicy.rules ?? [];
  const here = report.at("rules");
  if (rules.length === 0) here.required("at least one rules must be specified when the successPolicy is specified");
  if (rules.length > MAX_RULES) here.tooMany(rules.length, MAX_RULES);
  if (spec.completions === undefined) return;
  const { completions } = spec;
  rules.forEach((rule, index) => {
    validateSuccessRule(rule, completions, here.at(index));
  });
}

export function validateReplacementPolicy({ podReplacementPolicy, podFailurePolicy }: Spec, report: Report): void {
  if (podReplacementPolicy === undefined) return;
  oneOf(podReplacementPolicy, podFailurePolicy ? ["Failed"] : ["Failed", "TerminatingOrFailed"], report);
}

/**
 * What a Job's policies say about its Pods: which failures count, and when enough has succeeded. Pure.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
import type { PodFailurePolicyRule } from "../../api/generated/batch-v1.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { type IndexSet, indexSetOf } from "./indexes.ts";
import type { ReadonlyJob, ReadonlyPod } from "./pods.ts";

type Rule = DeepReadonly<PodFailurePolicyRule>;

export interface PolicyVerdict {
  action: Rule["action"];
  /** Why, for the condition of a Job that fails by it. */
  message: string;
}

const COUNTED: PolicyVerdict = { action: "Count", message: "" };

function byExitCode(rule: Rule, index: number, pod: ReadonlyPod): string | undefined {
  const { onExitCodes } = rule;
  if (onExitCodes === undefined) return undefined;
  const { containerName, operator, values } = onExitCodes;
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  for (const { name, state } of statuses) {
    const code = state?.terminated?.exitCode;
    if (!code || (containerName && containerName !== name)) continue;
    if (values.includes(code) !== (operator === "In")) continue;
    const { namespace, name: podName } = pod.metadata;
    return `Container ${name} for pod ${namespace}/${podName} failed with exit code ${code} matching ${rule.action} rule at index ${index}`;
  }
  return undefined;
}

function byCondition(rule: Rule, index: number, pod: ReadonlyPod): string | undefined {
  for (const { type, status } of rule.onPodConditions ?? []) {
    if (!pod.status.conditions?.some((condition) => condition.type === type && condition.status === status)) continue;
    const { namespace, name } = pod.metadata;
    return `Pod ${namespace}/${name} has condition ${type} matching ${rule.action} rule at index ${index}`;
  }
  return undefined;
}

/** The first rule that matches decides. */
export function failureVerdict({ spec }: ReadonlyJob, pod: ReadonlyPod): PolicyVerdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const message = byExitCode(rule, index, pod) ?? byCondition(rule, index, pod);
    if (message !== undefined) return { action: rule.action, message };
  }
  return COUNTED;
}

/** The message of the success policy's rule that is met, if one is. */
export function metSuccessRule({ spec }: ReadonlyJob, succeeded: IndexSet): string | undefined {
  for (const [index, { succeededIndexes, succeededCount }] of (spec.successPolicy?.rules ?? []).entries()) {
    const wanted = succeededIndexes === undefined ? undefined : indexSetOf(succeededIndexes);
    let count = succeeded.size;
    if (wanted !== undefined) {
      count = 0;
      for (const [first, last] of wanted.intervals) for (let at = first; at <= last; at++) if (succeeded.has(at)) count++;
    }
    if (count >= (succeededCount ?? wanted?.size ?? 0)) return `Matched rules at index ${index}`;
  }
  return undefined;
}

/**
 * Field errors of a HorizontalPodAutoscaler.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as autoscaling from "../generated/autoscaling-v2.ts";
import { compareQuantities } from "../quantity.ts";
import { notNegative, oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { validateMetrics, validateReference } from "./metrics-validation.ts";

const MAX_WINDOW_SECONDS = 3600;
const MAX_PERIOD_SECONDS = 1800;

function validatePolicy({ type, value, periodSeconds }: DeepReadonly<autoscaling.HPAScalingPolicy>, report: Report): void {
  oneOf(type, ["Percent", "Pods"], report.at("type"));
  if (value <= 0) report.at("value").invalid(value, "must be greater than zero");
  const here = report.at("periodSeconds");
  if (periodSeconds <= 0) here.invalid(periodSeconds, "must be greater than zero");
  if (periodSeconds > MAX_PERIOD_SECONDS) here.invalid(periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`);
}

function validateRules(rules: DeepReadonly<autoscaling.HPAScalingRules> | undefined, report: Report): void {
  if (!rules) return;
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const here = report.at("stabilizationWindowSeconds");
  if (window !== undefined && window < 0) here.invalid(window, "must be greater than or equal to zero");
  if (window !== undefined && window > MAX_WINDOW_SECONDS)
    here.invalid(window, `must be less than or equal to ${MAX_WINDOW_SECONDS}`);
  if (selectPolicy !== undefined) oneOf(selectPolicy, ["Disabled", "Max", "Min"], report.at("selectPolicy"));
  if (policies.length === 0) report.at("policies").required("must specify at least one Policy");
  policies.forEach((policy, index) => {
    validatePolicy(policy, report.at("policies", index));
  });
  if (tolerance !== undefined && compareQuantities(tolerance, "0") < 0)
    report.at("tolerance").invalid(tolerance, "must be greater than or equal to 0");
}

export function validateAutoscaler({ spec }: DeepReadonly<autoscaling.HorizontalPodAutoscaler>, report: Report): void {
  const here = report.at("spec");
  const { minReplicas, maxReplicas, metrics = [], behavior } = spec;
  if (minReplicas !== undefined && minReplicas < 1)
    here.at("minReplicas").invalid(minReplicas, "must be greater than or equal to 1");
  if (!maxReplicas) here.at("maxReplicas").required();
  else if (maxReplicas < 1) here.at("maxReplicas").invalid(maxReplicas, "must be greater than or equal to 1");
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    here.at("maxReplicas").invalid(maxReplicas, "must be greater than or equal to `minReplicas`");
  validateReference(spec.scaleTargetRef, here.at("scaleTargetRef"));
  validateMetrics(metrics, minReplicas, here.at("metrics"));
  validateRules(behavior?.scaleUp, here.at("behavior", "scaleUp"));
  validateRules(behavior?.scaleDown, here.at("behavior", "scaleDown"));
}

export function validateAutoscalerStatus({ status }: DeepReadonly<autoscaling.HorizontalPodAutoscaler>, report: Report): void {
  for (const field of ["currentReplicas", "desiredReplicas"] as const) notNegative(status[field], report.at("status", field));
}

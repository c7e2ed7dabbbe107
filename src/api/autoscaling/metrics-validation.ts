/**
 * Field errors of what a HorizontalPodAutoscaler measures.
 * https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as autoscaling from "../generated/autoscaling-v2.ts";
import { pathSegmentErrors } from "../names.ts";
import { compareQuantities } from "../quantity.ts";
import { follows, oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

type Metric = DeepReadonly<autoscaling.MetricSpec>;
type Target = DeepReadonly<autoscaling.MetricTarget>;

/** The member that each type of metric fills. */
const MEMBERS = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
} as const;

function validateTarget({ type, value, averageValue, averageUtilization }: Target, report: Report): void {
  if (!type) report.at("type").required("must specify a metric target type");
  else oneOf(type, ["AverageValue", "Utilization", "Value"], report.at("type"));
  for (const [field, amount] of Object.entries({ value, averageValue }))
    if (amount !== undefined && compareQuantities(amount, "0") <= 0) report.at(field).invalid(amount, "must be positive");
  if (averageUtilization !== undefined && averageUtilization < 1)
    report.at("averageUtilization").invalid(averageUtilization, "must be greater than 0");
}

function validateIdentifier({ name }: DeepReadonly<autoscaling.MetricIdentifier>, report: Report): void {
  if (!name) report.at("name").required("must specify a metric name");
  else follows(name, pathSegmentErrors, report.at("name"));
}

export function validateReference(
  { apiVersion = "", kind, name }: DeepReadonly<autoscaling.CrossVersionObjectReference>,
  report: Report,
): void {
  for (const [field, text] of Object.entries({ kind, name })) {
    if (!text) report.at(field).required();
    else follows(text, pathSegmentErrors, report.at(field));
  }
  const parts = apiVersion.split("/");
  if (parts.length > 2) report.at("apiVersion").invalid(apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else if (parts.length < 2 && !(apiVersion === "v1" && kind === "ReplicationController"))
    report.at("apiVersion").invalid(apiVersion, "apiVersion must specify API group");
}

/** A resource of Pods: as a share of what they ask for, or as an amount. */
function validateResource({ name, target }: DeepReadonly<autoscaling.ResourceMetricSource>, report: Report): void {
  if (!name) report.at("name").required("must specify a resource name");
  const here = report.at("target");
  validateTarget(target, here);
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined)
    here.at("averageUtilization").required("must set either a target raw value or a target utilization");
  if (averageUtilization !== undefined && averageValue !== undefined)
    here.at("averageValue").forbidden("may not set both a target raw value and a target utilization");
}

function validateSources(metric: Metric, report: Report): void {
  const { object, external, pods, resource, containerResource } = metric;
  if (object) {
    const here = report.at("object");
    validateReference(object.describedObject, here.at("describedObject"));
    validateIdentifier(object.metric, here.at("metric"));
    validateTarget(object.target, here.at("target"));
    if (object.target.value === undefined && object.target.averageValue === undefined)
      here.at("target", "averageValue").required("must set either a target value or averageValue");
  }
  if (external) {
    const here = report.at("external");
    validateIdentifier(external.metric, here.at("metric"));
    validateTarget(external.target, here.at("target"));
    const { value, averageValue } = external.target;
    if (value === undefined && averageValue === undefined)
      here.at("target", "averageValue").required("must set either a target value for metric or a per-pod target");
    if (value !== undefined && averageValue !== undefined)
      here.at("target", "value").forbidden("may not set both a target value for metric and a per-pod target");
  }
  if (pods) {
    const here = report.at("pods");
    validateIdentifier(pods.metric, here.at("metric"));
    validateTarget(pods.target, here.at("target"));
    if (pods.target.averageValue === undefined || compareQuantities(pods.target.averageValue, "0") <= 0)
      here.at("target", "averageValue").required("must specify a positive target averageValue");
  }
  if (resource) validateResource(resource, report.at("resource"));
  if (!containerResource) return;
  const here = report.at("containerResource");
  if (!containerResource.container) here.at("container").required("must specify a container");
  validateResource(containerResource, here);
}

function validateMetric(metric: Metric, report: Report): void {
  const { type } = metric;
  if (!type) report.at("type").required("must specify a metric source type");
  else oneOf(type, Object.keys(MEMBERS), report.at("type"));
  validateSources(metric, report);
  const expected = MEMBERS[type as keyof typeof MEMBERS];
  const present = Object.values(MEMBERS).filter((member) => metric[member] !== undefined);
  if (expected !== undefined && !present.includes(expected))
    report.at(expected).required("must populate information for the given metric source");
  if (present.length > 1)
    for (const member of present)
      if (member !== expected) report.at(member).forbidden("must populate the given metric source only");
}

/** Who scales to zero needs a metric that is there without Pods. */
export function validateMetrics(metrics: readonly Metric[], minReplicas: number | undefined, report: Report): void {
  metrics.forEach((metric, index) => {
    validateMetric(metric, report.at(index));
  });
  if (minReplicas === 0 && !metrics.some(({ object, external }) => object || external))
    report.forbidden("must specify at least one Object or External metric to support scaling to zero replicas");
}

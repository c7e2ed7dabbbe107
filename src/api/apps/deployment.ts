/**
 * apps/v1 Deployment: keeps Pods of one template, and replaces them step by step when the template changes.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { templateWarnings, workloadNameWarnings } from "../core/pod/warnings.ts";
import type * as generated from "../generated/apps-v1.ts";
import { scaledValue } from "../int-or-string.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { immutable, intOrPercent, notDecremented, notNegative, oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { deploymentCells } from "./workload-columns.ts";
import { restartsAlways, validateSelectorAndTemplate } from "./workload-validation.ts";

export type Deployment = generated.Deployment;

function validateStrategy({ type, rollingUpdate }: DeepReadonly<Deployment["spec"]["strategy"]>, report: Report): void {
  if (type === "Recreate") {
    if (rollingUpdate) report.at("rollingUpdate").forbidden("may not be specified when strategy `type` is 'Recreate'");
    return;
  }
  oneOf(type, ["Recreate", "RollingUpdate"], report);
  if (!rollingUpdate) return;
  const here = report.at("rollingUpdate");
  const { maxSurge = 0, maxUnavailable = 0 } = rollingUpdate;
  intOrPercent(maxUnavailable, here.at("maxUnavailable"), { most100: true });
  intOrPercent(maxSurge, here.at("maxSurge"));
  if (scaledValue(maxUnavailable, 100, "up") === 0 && scaledValue(maxSurge, 100, "up") === 0) {
    here.at("maxUnavailable").invalid(maxUnavailable, "may not be 0 when `maxSurge` is 0");
  }
}

function validateSpec({ spec }: DeepReadonly<Deployment>, report: Report): void {
  const here = report.at("spec");
  notNegative(spec.replicas, here.at("replicas"));
  validateSelectorAndTemplate(spec, here);
  restartsAlways(spec.template, here);
  validateStrategy(spec.strategy, here.at("strategy"));
  notNegative(spec.minReadySeconds, here.at("minReadySeconds"));
  notNegative(spec.revisionHistoryLimit, here.at("revisionHistoryLimit"));
  const deadline = spec.progressDeadlineSeconds;
  notNegative(deadline, here.at("progressDeadlineSeconds"));
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    here.at("progressDeadlineSeconds").invalid(deadline, "must be greater than minReadySeconds");
  }
}

function validateStatus({ status }: DeepReadonly<Deployment>, previous: DeepReadonly<Deployment>, report: Report): void {
  const here = report.at("status");
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  for (const field of [
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
  ] as const) {
    notNegative(status[field], here.at(field));
  }
  notNegative(status.collisionCount, here.at("collisionCount"));
  notDecremented(status.collisionCount, previous.status.collisionCount, here.at("collisionCount"));
  const tooMany = "cannot be greater than status.replicas";
  if (updatedReplicas > replicas) here.at("updatedReplicas").invalid(updatedReplicas, tooMany);
  if (readyReplicas > replicas) here.at("readyReplicas").invalid(readyReplicas, tooMany);
  if (availableReplicas > replicas) here.at("availableReplicas").invalid(availableReplicas, tooMany);
  if (availableReplicas > readyReplicas)
    here.at("availableReplicas").invalid(availableReplicas, "cannot be greater than readyReplicas");
}

const strategy: Strategy<Deployment> = {
  columns: deploymentCells,
  hasGeneration: true,
  countsAnnotations: true,
  unconditionalUpdate: true,

  default({ spec }) {
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    spec.strategy ??= {};
    if (!spec.strategy.type) spec.strategy.type = "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
    }
    defaultPodTemplate(spec.template);
  },

  prepareForCreate(deployment) {
    deployment.status = {};
  },

  validate(deployment, previous, report) {
    validateSpec(deployment, report);
    if (previous) immutable(deployment.spec.selector, previous.spec.selector, report.at("spec", "selector"));
  },

  validateSubresource: { status: validateStatus },
  warnings: ({ metadata, spec }, previous) => [
    ...(previous === undefined ? workloadNameWarnings(metadata.name) : []),
    ...templateWarnings(spec.template),
  ],
};

export const Deployment: Resource<Deployment> = resource({ group: "apps", resource: "deployments" }, strategy);

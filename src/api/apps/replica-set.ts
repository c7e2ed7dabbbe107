/**
 * apps/v1 ReplicaSet: keeps as many Pods as it is told.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
 */
import type { DeepReadonly } from "../../base/readonly.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { templateWarnings, workloadNameWarnings } from "../core/pod/warnings.ts";
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { immutable, notNegative } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { replicaSetCells } from "./workload-columns.ts";
import { restartsAlways, validateSelectorAndTemplate } from "./workload-validation.ts";

export type ReplicaSet = generated.ReplicaSet;

interface ReplicaCounts {
  replicas?: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  observedGeneration?: number;
}

/** Counts of a ReplicaSet and of a ReplicationController. */
export function validateReplicaCounts(status: DeepReadonly<ReplicaCounts>, report: Report): void {
  const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  for (const field of ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"] as const) {
    notNegative(status[field], report.at(field));
  }
  const tooMany = "cannot be greater than status.replicas";
  if (fullyLabeledReplicas > replicas) report.at("fullyLabeledReplicas").invalid(fullyLabeledReplicas, tooMany);
  if (readyReplicas > replicas) report.at("readyReplicas").invalid(readyReplicas, tooMany);
  if (availableReplicas > replicas) report.at("availableReplicas").invalid(availableReplicas, tooMany);
  if (availableReplicas > readyReplicas)
    report.at("availableReplicas").invalid(availableReplicas, "cannot be greater than readyReplicas");
}

const strategy: Strategy<ReplicaSet> = {
  columns: replicaSetCells,
  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },

  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
  },

  validate({ spec }, previous, report) {
    const here = report.at("spec");
    notNegative(spec.replicas, here.at("replicas"));
    notNegative(spec.minReadySeconds, here.at("minReadySeconds"));
    validateSelectorAndTemplate(spec, here);
    restartsAlways(spec.template ?? {}, here);
    if (previous) immutable(spec.selector, previous.spec.selector, here.at("selector"));
  },

  warnings: ({ metadata, spec }, previous) => [
    ...(previous === undefined ? workloadNameWarnings(metadata.name) : []),
    ...(spec.template ? templateWarnings(spec.template) : []),
  ],

  validateSubresource: {
    status: ({ status }, _previous, report) => validateReplicaCounts(status, report.at("status")),
  },
};

export const ReplicaSet: Resource<ReplicaSet> = resource({ group: "apps", resource: "replicasets" }, strategy);

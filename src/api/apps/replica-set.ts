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

function validateReplicaCounts(status: DeepReadonly<ReplicaCounts>, report: Report): void {
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

/** What a ReplicaSet and a ReplicationController have in common: a status of counts, none of them at first. */
export const replicaCounts = {
  hasGeneration: true,
  unconditionalUpdate: true,
  prepareForCreate(object: { status: ReplicaCounts }): void {
    object.status = { replicas: 0 };
  },
  validateSubresource: {
    status: ({ status }: DeepReadonly<{ status: ReplicaCounts }>, _previous: unknown, report: Report): void =>
      validateReplicaCounts(status, report.at("status")),
  },
} as const;

/** `spec.replicas` and `spec.minReadySeconds`. */
export function validateReplicaWish(spec: DeepReadonly<{ replicas?: number; minReadySeconds?: number }>, report: Report): void {
  notNegative(spec.replicas, report.at("replicas"));
  notNegative(spec.minReadySeconds, report.at("minReadySeconds"));
}

const strategy: Strategy<ReplicaSet> = {
  ...replicaCounts,
  columns: replicaSetCells,

  default({ spec }) {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },

  validate({ spec }, previous, report) {
    const here = report.at("spec");
    validateReplicaWish(spec, here);
    validateSelectorAndTemplate(spec, here);
    restartsAlways(spec.template ?? {}, here);
    if (previous) immutable(spec.selector, previous.spec.selector, here.at("selector"));
  },

  warnings: ({ metadata, spec }, previous) => [
    ...(previous === undefined ? workloadNameWarnings(metadata.name) : []),
    ...(spec.template ? templateWarnings(spec.template) : []),
  ],
};

export const ReplicaSet: Resource<ReplicaSet> = resource({ group: "apps", resource: "replicasets" }, strategy);

/**
 * apps/v1 StatefulSet: Pods with names, volumes and an order of their own.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
 */

import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { claimWarnings } from "../core/persistent-volume-claim.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { templateWarnings } from "../core/pod/warnings.ts";
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { intOrPercent, notNegative, oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { statefulSetCells } from "./workload-columns.ts";
import { restartsAlways, validateSelectorOfTemplate } from "./workload-validation.ts";

export type StatefulSet = generated.StatefulSet;
type Spec = DeepReadonly<StatefulSet["spec"]>;

const UPDATABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

function validateUpdateStrategy({ type, rollingUpdate }: Spec["updateStrategy"], report: Report): void {
  if (type !== "RollingUpdate" && type !== "OnDelete") return report.invalid({ type }, "must be 'RollingUpdate' or 'OnDelete'");
  if (type === "OnDelete") {
    if (rollingUpdate) report.at("rollingUpdate").invalid(rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
    return;
  }
  notNegative(rollingUpdate?.partition, report.at("rollingUpdate", "partition"));
  intOrPercent(rollingUpdate?.maxUnavailable, report.at("rollingUpdate", "maxUnavailable"), { most100: true });
}

function validateSpec(spec: Spec, report: Report): void {
  if (spec.podManagementPolicy !== "OrderedReady" && spec.podManagementPolicy !== "Parallel") {
    report.at("podManagementPolicy").invalid(spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
  }
  validateUpdateStrategy(spec.updateStrategy, report.at("updateStrategy"));
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const field of ["whenDeleted", "whenScaled"] as const) {
    if (retention) oneOf(retention[field], ["Retain", "Delete"], report.at("persistentVolumeClaimRetentionPolicy", field));
  }
  notNegative(spec.replicas, report.at("replicas"));
  notNegative(spec.minReadySeconds, report.at("minReadySeconds"));
  notNegative(spec.revisionHistoryLimit, report.at("revisionHistoryLimit"));
  notNegative(spec.ordinals?.start, report.at("ordinals", "start"));
  validateSelectorOfTemplate(spec, report);
  restartsAlways(spec.template, report);
}

function validateUpdate(spec: Spec, previous: Spec, report: Report): void {
  const fixed = (of: Spec): Record<string, unknown> =>
    Object.fromEntries(Object.entries(of).filter(([field]) => !(UPDATABLE as readonly string[]).includes(field)));
  if (deepEqual(fixed(spec), fixed(previous))) return;
  report.forbidden(
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  );
}

function validateStatus({ status }: DeepReadonly<StatefulSet>, _previous: DeepReadonly<StatefulSet>, report: Report): void {
  const here = report.at("status");
  for (const field of [
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "collisionCount",
  ] as const) {
    notNegative(status[field], here.at(field));
  }
  for (const field of ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"] as const) {
    if ((status[field] ?? 0) > status.replicas) here.at(field).invalid(status[field], "cannot be greater than status.replicas");
  }
  if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0)) {
    here.at("availableReplicas").invalid(status.availableReplicas, "cannot be greater than status.readyReplicas");
  }
}

/** Updating several Pods at once is a feature that is off (MaxUnavailableStatefulSet). */
function dropMaxUnavailable({ spec }: StatefulSet): void {
  delete spec.updateStrategy.rollingUpdate?.maxUnavailable;
}

const strategy: Strategy<StatefulSet> = {
  columns: statefulSetCells,
  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    if (!spec.podManagementPolicy) spec.podManagementPolicy = "OrderedReady";
    spec.updateStrategy ??= {};
    if (!spec.updateStrategy.type) {
      spec.updateStrategy.type = "RollingUpdate";
      spec.updateStrategy.rollingUpdate ??= {};
    }
    if (spec.updateStrategy.type === "RollingUpdate" && spec.updateStrategy.rollingUpdate)
      spec.updateStrategy.rollingUpdate.partition ??= 0;
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion = "v1";
      claim.kind = "PersistentVolumeClaim";
      claim.spec.volumeMode ??= "Filesystem";
      claim.status.phase ??= "Pending";
    }
  },

  prepareForCreate(statefulSet) {
    dropMaxUnavailable(statefulSet);
    statefulSet.status = { replicas: 0, availableReplicas: 0 };
  },

  validate({ spec }, previous, report) {
    validateSpec(spec, report.at("spec"));
    if (previous) validateUpdate(spec, previous.spec, report.at("spec"));
  },

  warnings: ({ spec }) => [
    ...(spec.template ? templateWarnings(spec.template) : []),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      claimWarnings(claim.spec, `spec.volumeClaimTemplates[${index}].spec`),
    ),
    ...((spec.revisionHistoryLimit ?? 0) < 0
      ? ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]
      : []),
  ],

  validateSubresource: { status: validateStatus },
};

export const StatefulSet: Resource<StatefulSet> = resource({ group: "apps", resource: "statefulsets" }, strategy);

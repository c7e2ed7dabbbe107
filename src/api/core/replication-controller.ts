/**
 * v1 ReplicationController: what a ReplicaSet was before.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/
 */
import { replicaCounts, validateReplicaWish } from "../apps/replica-set.ts";
import { restartsAlways } from "../apps/workload-validation.ts";
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { selectorFromLabels } from "../selectors/index.ts";
import { ageOf, containerCells, formatLabels } from "../table/cells.ts";
import { defaultPodTemplate } from "./pod/defaults.ts";
import { validatePodTemplate } from "./pod/validation/index.ts";
import { templateWarnings, workloadNameWarnings } from "./pod/warnings.ts";

export type ReplicationController = generated.ReplicationController;

const strategy: Strategy<ReplicationController> = {
  ...replicaCounts,

  default({ metadata, spec }) {
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      if (!Object.keys(spec.selector ?? {}).length) spec.selector = { ...labels };
      if (!Object.keys(metadata.labels ?? {}).length) metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    if (spec.template) defaultPodTemplate(spec.template);
  },

  validate({ spec }, _previous, report) {
    const here = report.at("spec");
    validateReplicaWish(spec, here);
    const { selector = {}, template } = spec;
    if (!Object.keys(selector).length) here.at("selector").required();
    if (!template) return here.at("template").required();
    const labels = template.metadata?.labels;
    if (!selectorFromLabels(selector).matches(labels)) {
      here.at("template", "metadata", "labels").invalid(labels ?? {}, "`selector` does not match template `labels`");
    }
    validatePodTemplate(template, here.at("template"));
    restartsAlways(template, here);
  },

  warnings: ({ metadata, spec }, previous) => [
    ...(previous === undefined ? workloadNameWarnings(metadata.name) : []),
    ...(spec.template ? templateWarnings(spec.template) : []),
  ],

  selectableFields: ({ status }) => ({ "status.replicas": String(status.replicas) }),
  columns: (controller) => {
    const { spec, status } = controller;
    return [
      controller.metadata.name,
      spec?.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      ageOf(controller),
      ...containerCells(spec?.template),
      formatLabels(spec?.selector),
    ];
  },
};

export const ReplicationController: Resource<ReplicationController> = resource(
  { group: "", resource: "replicationcontrollers" },
  strategy,
);

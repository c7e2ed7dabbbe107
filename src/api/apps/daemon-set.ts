/**
 * apps/v1 DaemonSet: one Pod on every node that fits.
 * https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
 */
import { cloneJson } from "../../base/clone.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { templateWarnings } from "../core/pod/warnings.ts";
import type * as generated from "../generated/apps-v1.ts";
import { scaledValue } from "../int-or-string.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { immutable, intOrPercent, notNegative, oneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";
import { daemonSetCells } from "./workload-columns.ts";
import { restartsAlways, validateSelectorAndTemplate } from "./workload-validation.ts";

export type DaemonSet = generated.DaemonSet;

function validateUpdateStrategy(
  { type, rollingUpdate }: DeepReadonly<DaemonSet["spec"]["updateStrategy"]>,
  report: Report,
): void {
  if (type === "OnDelete") return;
  oneOf(type, ["OnDelete", "RollingUpdate"], report.at("type"));
  if (type !== "RollingUpdate") return;
  const here = report.at("rollingUpdate");
  if (!rollingUpdate) return here.required();
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
  intOrPercent(maxUnavailable, here.at("maxUnavailable"), { most100: true });
  intOrPercent(maxSurge, here.at("maxSurge"), { most100: true });
  const unavailable = scaledValue(maxUnavailable, 100, "up") ?? 0;
  const surge = scaledValue(maxSurge, 100, "up") ?? 1;
  if (unavailable > 0 && surge > 0) here.at("maxSurge").invalid(maxSurge, "may not be set when maxUnavailable is non-zero");
  if (unavailable === 0 && surge === 0) here.at("maxUnavailable").required("cannot be 0 when maxSurge is 0");
}

/** Counts the changes of the template: once a field, since apps/v1 an annotation. */
const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

const templateGenerationOf = ({ metadata }: DeepReadonly<DaemonSet>): number =>
  Number(metadata.annotations?.[TEMPLATE_GENERATION] ?? 0) || 0;

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

const strategy: Strategy<DaemonSet> = {
  columns: daemonSetCells,
  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    spec.updateStrategy ??= {};
    if (!spec.updateStrategy.type) spec.updateStrategy.type = "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
  },

  prepareForCreate(daemonSet) {
    setTemplateGeneration(daemonSet, 1);
    daemonSet.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
  },

  prepareForUpdate(daemonSet, previous) {
    const before = templateGenerationOf(previous);
    setTemplateGeneration(daemonSet, deepEqual(daemonSet.spec.template, previous.spec.template) ? before : before + 1);
  },

  validate({ spec }, previous, report) {
    const here = report.at("spec");
    validateSelectorAndTemplate(spec, here);
    restartsAlways(spec.template, here);
    validateUpdateStrategy(spec.updateStrategy, here.at("updateStrategy"));
    notNegative(spec.minReadySeconds, here.at("minReadySeconds"));
    notNegative(spec.revisionHistoryLimit, here.at("revisionHistoryLimit"));
    if (previous) immutable(spec.selector, previous.spec.selector, here.at("selector"));
  },

  prepareSubresource: {
    status(daemonSet, previous) {
      daemonSet.spec = cloneJson(previous.spec) as DaemonSet["spec"];
      setTemplateGeneration(daemonSet, templateGenerationOf(previous));
    },
  },

  warnings: ({ spec }) => (spec.template ? templateWarnings(spec.template) : []),

  validateSubresource: {
    status({ status }, _previous, report) {
      for (const [field, count] of Object.entries(status))
        if (typeof count === "number") notNegative(count, report.at("status", field));
    },
  },
};

export const DaemonSet: Resource<DaemonSet> = resource({ group: "apps", resource: "daemonsets" }, strategy);

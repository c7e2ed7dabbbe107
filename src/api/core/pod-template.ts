/**
 * v1 PodTemplate: a template that stands alone.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
 */

import { deepEqual } from "../../base/deep-equal.ts";
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { containerCells, formatLabels } from "../table/cells.ts";
import { defaultPodTemplate } from "./pod/defaults.ts";
import { validatePodTemplate } from "./pod/validation/index.ts";
import { templateWarnings } from "./pod/warnings.ts";

export type PodTemplate = generated.PodTemplate;

const strategy: Strategy<PodTemplate> = {
  hasGeneration: true,
  unconditionalUpdate: true,
  default: ({ template }) => defaultPodTemplate(template),
  validate: ({ template }, _previous, report) => validatePodTemplate(template, report.at("template")),
  warnings: ({ template }, previous) => (deepEqual(template, previous?.template) ? [] : templateWarnings(template, "template")),
  columns: ({ metadata, template }) => [metadata.name, ...containerCells(template), formatLabels(template?.metadata?.labels)],
};

export const PodTemplate: Resource<PodTemplate> = resource({ group: "", resource: "podtemplates" }, strategy);

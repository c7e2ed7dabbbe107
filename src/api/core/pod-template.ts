/** v1 PodTemplate. */
import type * as generated from "../generated/core-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { containerCells, formatLabels } from "../table/cells.ts";

export type PodTemplate = generated.PodTemplate;

const strategy: Strategy<PodTemplate> = {
  columns: ({ metadata, template }) => [metadata.name, ...containerCells(template), formatLabels(template?.metadata?.labels)],
};

export const PodTemplate: Resource<PodTemplate> = resource({ group: "", resource: "podtemplates" }, strategy);

/**
 * flowcontrol.apiserver.k8s.io/v1 FlowSchema: which requests belong to which priority level.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
import { conditionOf } from "../conditions.ts";
import type * as generated from "../generated/flowcontrol-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";
import { validateFlowSchema } from "./flow-schema-validation.ts";

export type FlowSchema = generated.FlowSchema;

const strategy: Strategy<FlowSchema> = {
  validate: (schema, _previous, report) => validateFlowSchema(schema, report.at("spec")),

  hasGeneration: true,
  unconditionalUpdate: true,

  default({ spec }) {
    if (!spec.matchingPrecedence) spec.matchingPrecedence = 1000;
  },

  prepareForCreate(schema) {
    schema.status = {};
  },
  // In the order in which requests are matched.
  tableOrder: (a, b) =>
    (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1),
  columns: (flowSchema) => {
    const { spec, status } = flowSchema;
    return [
      flowSchema.metadata.name,
      spec?.priorityLevelConfiguration.name ?? "",
      spec?.matchingPrecedence ?? 0,
      spec?.distinguisherMethod?.type ?? NONE,
      ageOf(flowSchema),
      conditionOf(status?.conditions, "Dangling")?.status ?? "?",
    ];
  },
};

export const FlowSchema: Resource<FlowSchema> = resource(
  { group: "flowcontrol.apiserver.k8s.io", resource: "flowschemas" },
  strategy,
);

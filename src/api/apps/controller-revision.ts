/**
 * apps/v1 ControllerRevision: a snapshot of what a StatefulSet or DaemonSet was.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
 */

import type * as generated from "../generated/apps-v1.ts";
import { controllerOf } from "../meta.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";
import { immutable, notNegative } from "../validation.ts";

export type ControllerRevision = generated.ControllerRevision;

const strategy: Strategy<ControllerRevision> = {
  unconditionalUpdate: true,

  validate({ revision, data }, previous, report) {
    notNegative(revision, report.at("revision"));
    if (previous) immutable(data, previous.data, report.at("data"));
  },
  columns: (revision) => {
    const owner = controllerOf(revision);
    const group = owner?.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
    const controller = owner ? `${`${owner.kind}${group}`.toLowerCase()}/${owner.name}` : NONE;
    return [revision.metadata.name, controller, revision.revision, ageOf(revision)];
  },
};

export const ControllerRevision: Resource<ControllerRevision> = resource(
  { group: "apps", resource: "controllerrevisions" },
  strategy,
);

/** apps/v1 ControllerRevision. */
import type * as generated from "../generated/apps-v1.ts";
import { controllerOf } from "../meta.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, NONE } from "../table/cells.ts";

export type ControllerRevision = generated.ControllerRevision;

const strategy: Strategy<ControllerRevision> = {
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

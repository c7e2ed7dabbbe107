/** apps/v1 ControllerRevision. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type ControllerRevision = generated.ControllerRevision;

const strategy: Strategy<ControllerRevision> = {};

export const ControllerRevision: Resource<ControllerRevision> = resource(
  { group: "apps", resource: "controllerrevisions" },
  strategy,
);

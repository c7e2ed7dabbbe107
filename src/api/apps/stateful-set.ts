/** apps/v1 StatefulSet. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type StatefulSet = generated.StatefulSet;

const strategy: Strategy<StatefulSet> = {};

export const StatefulSet: Resource<StatefulSet> = resource({ group: "apps", resource: "statefulsets" }, strategy);

/** apps/v1 DaemonSet. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type DaemonSet = generated.DaemonSet;

const strategy: Strategy<DaemonSet> = {};

export const DaemonSet: Resource<DaemonSet> = resource({ group: "apps", resource: "daemonsets" }, strategy);

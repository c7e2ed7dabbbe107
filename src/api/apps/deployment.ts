/** apps/v1 Deployment. */
import type * as generated from "../generated/apps-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type Deployment = generated.Deployment;

const strategy: Strategy<Deployment> = {};

export const Deployment: Resource<Deployment> = resource({ group: "apps", resource: "deployments" }, strategy);

/** v1 Pod. */
import type * as generated from "../../generated/core-v1.ts";
import { resource } from "../../resource.ts";
import type { Resource, Strategy } from "../../row.ts";

export type Pod = generated.Pod;

const strategy: Strategy<Pod> = {};

export const Pod: Resource<Pod> = resource({ group: "", resource: "pods" }, strategy);

/** batch/v1 CronJob. */
import type * as generated from "../generated/batch-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";

export type CronJob = generated.CronJob;

const strategy: Strategy<CronJob> = {};

export const CronJob: Resource<CronJob> = resource({ group: "batch", resource: "cronjobs" }, strategy);

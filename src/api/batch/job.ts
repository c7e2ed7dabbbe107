/** batch/v1 Job. */
import type * as generated from "../generated/batch-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { jobCells } from "./job-columns.ts";

export type Job = generated.Job;

const strategy: Strategy<Job> = {
  columns: jobCells,
};

export const Job: Resource<Job> = resource({ group: "batch", resource: "jobs" }, strategy);

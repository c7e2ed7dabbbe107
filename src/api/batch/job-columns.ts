/** How a Job is printed: its state, how much of it is done, and how long it took or takes. */

import type { DeepReadonly } from "../../base/readonly.ts";
import { isConditionTrue } from "../conditions.ts";
import type * as generated from "../generated/batch-v1.ts";
import type { Cell } from "../row.ts";
import { ageOf, containerCells, formatSelector } from "../table/cells.ts";
import { humanDuration } from "../table/duration.ts";

type Job = DeepReadonly<generated.Job>;

export function jobCells(job: Job, nowMs: number): readonly Cell[] {
  return [
    job.metadata.name,
    formatStatus(job),
    formatCompletions(job),
    formatDuration(job, nowMs),
    ageOf(job),
    ...containerCells(job.spec?.template),
    formatSelector(job.spec?.selector),
  ];
}

function formatStatus({ metadata, status }: Job): string {
  const has = (wanted: string): boolean => isConditionTrue(status?.conditions, wanted);
  if (has("Complete")) return "Complete";
  if (has("Failed")) return "Failed";
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(has) ?? "Running";
}

function formatCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function formatDuration({ status }: Job, nowMs: number): string {
  if (!status?.startTime) return "";
  const endMs = status.completionTime ? Date.parse(status.completionTime) : nowMs;
  return humanDuration(endMs - Date.parse(status.startTime));
}

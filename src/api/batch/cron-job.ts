/** batch/v1 CronJob. */
import type * as generated from "../generated/batch-v1.ts";
import { resource } from "../resource.ts";
import type { Resource, Strategy } from "../row.ts";
import { ageOf, booleanWord, containerCells, countOf, formatSelector, NONE } from "../table/cells.ts";

export type CronJob = generated.CronJob;

const strategy: Strategy<CronJob> = {
  columns: (cronJob) => {
    const { spec, status } = cronJob;
    return [
      cronJob.metadata.name,
      spec?.schedule ?? "",
      spec?.timeZone ?? NONE,
      booleanWord(spec?.suspend),
      countOf(status?.active),
      status?.lastScheduleTime ? { ageOf: status.lastScheduleTime } : NONE,
      ageOf(cronJob),
      ...containerCells(spec?.jobTemplate.spec?.template),
      formatSelector(spec?.jobTemplate.spec?.selector),
    ];
  },
};

export const CronJob: Resource<CronJob> = resource({ group: "batch", resource: "cronjobs" }, strategy);

/** What ConfigMaps and Secrets have in common: keys that are names of files, and a limit. */
import { configMapKeyErrors } from "../names.ts";
import type { Report } from "../validation-report.ts";

/** 1 MiB: the sum of all values. */
export const MAX_DATA_BYTES = 1_048_576;

export function validateDataKeys(data: Readonly<Record<string, string>>, report: Report): void {
  for (const key of Object.keys(data))
    for (const complaint of configMapKeyErrors(key)) report.at({ key }).invalid(key, complaint);
}

/** Field errors of a PriorityClass: users' priorities stay below those of the system. */
import type { DeepReadonly } from "../../base/readonly.ts";
import type { PriorityClass } from "../generated/scheduling-v1.ts";
import { immutable, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

const SYSTEM_PREFIX = "system-";
const MOST_OF_USERS = 1_000_000_000;
const SYSTEM_VALUES: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

/** What is wrong with a class that has a name of the system's. */
function systemError({ metadata: { name }, value, globalDefault = false }: DeepReadonly<PriorityClass>): string | undefined {
  const expected = SYSTEM_VALUES[name];
  if (expected === undefined) return `${name} is not a known system priority class`;
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export function validatePriorityClass(
  priorityClass: DeepReadonly<PriorityClass>,
  previous: DeepReadonly<PriorityClass> | undefined,
  report: Report,
): void {
  const { metadata, value, preemptionPolicy } = priorityClass;
  if (previous) {
    if (value !== previous.value) report.at("value").forbidden("may not be changed in an update.");
    immutable(preemptionPolicy, previous.preemptionPolicy, report.at("preemptionPolicy"));
    return;
  }
  if (metadata.name.startsWith(SYSTEM_PREFIX)) {
    const error = systemError(priorityClass);
    if (error !== undefined)
      report
        .at("metadata", "name")
        .forbidden(`priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${error}`);
  } else if (value > MOST_OF_USERS)
    report.at("value").forbidden(`maximum allowed value of a user defined priority is ${MOST_OF_USERS}`);
  requiredOneOf(preemptionPolicy, ["Never", "PreemptLowerPriority"], report.at("preemptionPolicy"));
}

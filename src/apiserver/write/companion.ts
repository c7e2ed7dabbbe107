/**
 * What must be atomic with an object travels in its transaction: addresses and ports of a Service. A companion fills in what it
 * allocates and names the extra operations; a collision with another writer makes the whole write start again.
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { Report } from "../../api/validation-report.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Operation } from "../../store/store.ts";

export interface CompanionWrite {
  /** What will be stored; changed in place. Undefined on delete. */
  object: KubernetesObject | undefined;
  old: DeepReadonly<KubernetesObject> | undefined;
  dryRun: boolean;
  /** Where allocation reports what cannot be had. */
  report: Report;
}

export interface WriteCompanion {
  handles(row: AnyResource): boolean;
  /** Runs after prepare, before validation. */
  prepare(write: CompanionWrite): readonly Operation[] | Promise<readonly Operation[]>;
}

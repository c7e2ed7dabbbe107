/** Validates what is about to be stored: metadata, then what the row's strategy says. All errors of an object come at once. */
import { invalid, type StatusCause } from "../../api/errors.ts";
import type { KubernetesObject } from "../../api/meta.ts";
import { validateMetadata, validateMetadataUpdate } from "../../api/meta-validation.ts";
import { type Report, report } from "../../api/validation-report.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Target } from "../target.ts";

export interface Validation {
  target: Target;
  object: DeepReadonly<KubernetesObject>;
  old: DeepReadonly<KubernetesObject> | undefined;
}

/** `causes`: found before, by those who allocate; they come alone. Throws ApiError 422. */
export function validate({ target, object, old }: Validation, causes: StatusCause[]): void {
  const { row, face, subresource, context } = target;
  const name = object.metadata.name ?? "";
  if (causes.length > 0) throw invalid(row, name, causes);
  const root: Report = report(causes);
  if (old === undefined) validateMetadata(row, object, root);
  else validateMetadataUpdate(row, object, old, root);
  const ofSubresource = subresource && row.strategy.validateSubresource?.[subresource.name];
  if (ofSubresource && old) ofSubresource(object, old, root);
  else if (subresource === undefined) row.strategy.validate?.(object, old, root, face);
  if (causes.length > 0) throw invalid(row, name, causes);
  for (const text of row.strategy.warnings?.(object, old) ?? []) context.warnings.add(text);
}

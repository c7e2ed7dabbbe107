/** Admission of what is created below an object and is not stored itself: Binding, Eviction, TokenRequest. */
import type { KubernetesObject } from "../../api/meta.ts";
import type { Operation } from "../../store/store.ts";
import type { ServerParts } from "../server-parts.ts";
import type { Target } from "../target.ts";
import { admissionRequest } from "../write/create-object.ts";
import type { WriteOptions } from "../write/write-options.ts";

/** Throws what a plugin refuses with. Changes `object`, as mutating plugins do. */
export async function admitCreate(
  { admission }: ServerParts,
  target: Target,
  options: WriteOptions,
  object: KubernetesObject,
): Promise<void> {
  const operations: Operation[] = [];
  const request = admissionRequest(target, options, "CREATE", { object, old: undefined, name: target.name });
  await admission.mutate(request, operations);
  await admission.validate(request, operations);
}

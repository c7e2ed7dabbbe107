/** Admission of what is created below an object and is not stored itself (Binding, Eviction, TokenRequest), and of connections. */
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

/** Of a connection to what stands behind an object. `options`: what it asks for, by the kind of its subresource. */
export async function admitConnect(
  { admission }: ServerParts,
  target: Target,
  options: { kind: string; [field: string]: unknown },
): Promise<void> {
  const object = { apiVersion: "v1", metadata: {}, ...options } as unknown as KubernetesObject;
  const none = { dryRun: false, sent: {} };
  const request = admissionRequest(target, none, "CONNECT", { object, old: undefined, name: target.name });
  await admission.mutate(request, []);
  await admission.validate(request, []);
}

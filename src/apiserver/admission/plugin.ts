/**
 * The contract of an admission plugin. The chain is one ordered list (admission/index.ts): mutating plugins in order, then
 * validating ones, as upstream orders them.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
import type { KubernetesObject } from "../../api/meta.ts";
import type { AnyResource } from "../../api/row.ts";
import type { Clock } from "../../base/clock.ts";
import type { Entropy } from "../../base/entropy.ts";
import type { UserInfo } from "../../base/http.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Operation as StoreOperation } from "../../store/store.ts";

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface AdmissionRequest {
  operation: AdmissionOperation;
  row: AnyResource;
  subresource: string;
  namespace: string;
  name: string;
  user: UserInfo;
  dryRun: boolean;
  /** The new object; owned by the chain, mutating plugins change it in place. Undefined on delete. */
  object: KubernetesObject | undefined;
  old: DeepReadonly<KubernetesObject> | undefined;
  /** CreateOptions, UpdateOptions, DeleteOptions as sent. */
  options: DeepReadonly<Record<string, unknown>>;
  /** Adds a Warning header. */
  warn(text: string): void;
}

/** What plugins may read: the API server's own cache, without I/O. Objects are parsed for the call. */
export interface AdmissionReader {
  /** Whether the object is there and who it is, without parsing it. */
  identity(row: AnyResource, namespace: string, name: string): { readonly uid: string; readonly deleting: boolean } | undefined;
  get(row: AnyResource, namespace: string, name: string): DeepReadonly<KubernetesObject> | undefined;
  list(row: AnyResource, namespace?: string): DeepReadonly<KubernetesObject>[];
}

export interface AdmissionContext {
  reader: AdmissionReader;
  clock: Clock;
  entropy: Entropy;
  /** Extra operations that commit together with the object (quota, allocations), or not at all. */
  alsoCommit(operation: StoreOperation): void;
}

export interface AdmissionPlugin {
  /** Upstream's name: NamespaceLifecycle, ServiceAccount, … */
  name: string;
  handles(operation: AdmissionOperation, row: AnyResource, subresource: string): boolean;
  /** Throws ApiError to refuse. */
  mutate?(request: AdmissionRequest, context: AdmissionContext): void | Promise<void>;
  validate?(request: AdmissionRequest, context: AdmissionContext): void | Promise<void>;
}

/**
 * What can be created but is not stored: reviews, TokenRequest. The request runs through the whole pipeline, admission included;
 * `create` gives the answer.
 */
import type { KubernetesObject } from "../api/meta.ts";
import type { UserInfo } from "../base/http.ts";
import type { DeepReadonly } from "../base/readonly.ts";

export interface VirtualRequest {
  /** The object as sent, decoded and defaulted; owned by the callee. */
  object: KubernetesObject;
  user: UserInfo;
  /** Empty for what is cluster-scoped. */
  namespace: string;
  /** Of the object whose subresource this is; empty otherwise. */
  name: string;
  /** The stored object whose subresource this is. */
  parent: DeepReadonly<KubernetesObject> | undefined;
  dryRun: boolean;
  warn(text: string): void;
}

export interface VirtualResource {
  group: string;
  /** The plural name; with `subresource` that of the parent. */
  resource: string;
  /** `token` of serviceaccounts; empty for a resource of its own. */
  subresource: string;
  /** Throws ApiError to refuse. What comes back is the answer's body, status 201. */
  create(request: VirtualRequest): Promise<object> | object;
}

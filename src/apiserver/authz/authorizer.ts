/** May this user do that? https://kubernetes.io/docs/reference/access-authn-authz/authorization/ */
import type { UserInfo } from "../../base/http.ts";

/** What the caller wants to do; the same for a request and for an access review. */
export interface Attributes {
  user: UserInfo;
  /** get, list, watch, create, update, patch, delete, deletecollection, proxy, …; or the lower-case HTTP method for other paths. */
  verb: string;
  isResourceRequest: boolean;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface Decision {
  allowed: boolean;
  /** Decided for good: later authorizers are not asked. */
  denied: boolean;
  reason: string;
}

/** Synchronous: it reads in-memory indexes only, and costs no full scan. */
export type Authorizer = (attributes: Attributes) => Decision;

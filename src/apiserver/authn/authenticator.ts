/** Who is calling. https://kubernetes.io/docs/reference/access-authn-authz/authentication/ */
import type { HttpRequest, UserInfo } from "../../base/http.ts";

export interface Authenticated {
  user: UserInfo;
  /** The audiences that the credential is for, where it is bound to any. */
  audiences?: readonly string[];
}

/** Undefined: no credential of this kind was sent. Throws `unauthorized` for one that is not valid. */
export type Authenticator = (request: HttpRequest) => Promise<Authenticated | undefined> | Authenticated | undefined;

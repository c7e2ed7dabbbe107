/**
 * Bearer tokens of ServiceAccounts. A token is good while its signature, issuer, audience and time are, and while the account and
 * the object to which it is bound still exist with the same uid.
 *
 * The signature is checked once a token (a bounded memo); everything that can change is checked with every request, on the cache's
 * index, without parsing an object.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */

import { Node } from "../../api/core/node.ts";
import { Pod } from "../../api/core/pod/pod.ts";
import { Secret } from "../../api/core/secret.ts";
import { ServiceAccount } from "../../api/core/service-account.ts";
import { unauthorized } from "../../api/errors.ts";
import type { AnyResource } from "../../api/row.ts";
import { decodeBase64, decodeUtf8 } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import type { UserInfo } from "../../base/http.ts";
import { recentMap } from "../../base/recent-map.ts";
import type { AdmissionReader } from "../admission/plugin.ts";
import type { Authenticated, Authenticator } from "./authenticator.ts";
import {
  accountGroups,
  accountUser,
  LEGACY_ISSUER,
  type LegacyClaims,
  type ObjectIdentity,
  type TokenClaims,
  verifiedClaims,
} from "./service-account-token.ts";
import type { TokenKey } from "./token-key.ts";
import { CREDENTIAL_ID, NODE_NAME, NODE_UID, POD_NAME, POD_UID } from "./user-extra.ts";

export interface TokenAuthenticatorOptions {
  /** Being made beside the start: the first token waits for it. */
  key: Promise<TokenKey>;
  issuer: string;
  /** Whom tokens for this API server are meant for. */
  audiences: readonly string[];
  clock: Clock;
  reader: AdmissionReader;
}

/** Undefined: the token is not one of ours, or no longer good. `audiences`: those that the answer may be for. */
export type TokenAuthenticator = (token: string, audiences: readonly string[]) => Promise<Authenticated | undefined>;

const MEMO_TOKENS = 4096;
/** Clocks differ, and a Pod's containers still talk while it ends. */
const LEEWAY_MS = 60_000;

/** The claims of tokens whose signature is good; each is checked once. */
function verifier(key: Promise<TokenKey>): (token: string) => Promise<Record<string, unknown> | undefined> {
  const verified = recentMap<string, Record<string, unknown>>(MEMO_TOKENS);
  return async (token) => {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const claims = await verifiedClaims(await key, token);
    if (claims === undefined) return undefined;
    verified.set(token, claims);
    return claims;
  };
}

export function tokenAuthenticator(options: TokenAuthenticatorOptions): TokenAuthenticator {
  const { key, issuer, clock, reader } = options;
  const claimsOf = verifier(key);

  function exists(row: AnyResource, namespace: string, { name, uid }: ObjectIdentity): boolean {
    const found = reader.identity(row, namespace, name);
    if (found === undefined || found.uid !== uid) return false;
    if (!found.deleting) return true;
    const since = reader.get(row, namespace, name)?.metadata.deletionTimestamp;
    return since != null && Date.parse(since) > clock.now() - LEEWAY_MS;
  }

  function isCurrent({ exp, nbf }: TokenClaims): boolean {
    const now = clock.now();
    return exp * 1000 > now - LEEWAY_MS && nbf * 1000 < now + LEEWAY_MS;
  }

  function boundUser(claims: TokenClaims): UserInfo | undefined {
    const { namespace, serviceaccount, pod, secret, node } = claims["kubernetes.io"];
    if (!exists(ServiceAccount, namespace, serviceaccount)) return undefined;
    if (pod && !exists(Pod, namespace, pod)) return undefined;
    if (secret && !exists(Secret, namespace, secret)) return undefined;
    // With a Pod the node only says where it runs; alone the token is bound to it.
    if (node && !pod && !exists(Node, "", node)) return undefined;
    return {
      name: accountUser(namespace, serviceaccount.name),
      uid: serviceaccount.uid,
      groups: accountGroups(namespace),
      extra: {
        [CREDENTIAL_ID]: [`JTI=${claims.jti}`],
        ...(pod && { [POD_NAME]: [pod.name], [POD_UID]: [pod.uid] }),
        ...(node && { [NODE_NAME]: [node.name], [NODE_UID]: [node.uid] }),
      },
    };
  }

  function legacyUser(claims: LegacyClaims, token: string): UserInfo | undefined {
    const namespace = claims["kubernetes.io/serviceaccount/namespace"];
    const name = claims["kubernetes.io/serviceaccount/service-account.name"];
    const uid = claims["kubernetes.io/serviceaccount/service-account.uid"];
    const secret = reader.get(Secret, namespace, claims["kubernetes.io/serviceaccount/secret.name"]) as Secret | undefined;
    const stored = secret?.data?.token;
    if (stored === undefined || decodeUtf8(decodeBase64(stored)) !== token) return undefined;
    if (!exists(ServiceAccount, namespace, { name, uid })) return undefined;
    return { name: accountUser(namespace, name), uid, groups: accountGroups(namespace) };
  }

  return async (token, audiences) => {
    const claims = await claimsOf(token);
    if (claims === undefined) return undefined;
    if (claims.iss === LEGACY_ISSUER) {
      const user = legacyUser(claims as unknown as LegacyClaims, token);
      return user && { user, audiences };
    }
    const bound = claims as unknown as TokenClaims;
    if (bound.iss !== issuer || !isCurrent(bound)) return undefined;
    const shared = audiences.filter((each) => bound.aud.includes(each));
    const user = shared.length === 0 ? undefined : boundUser(bound);
    return user && { user, audiences: shared };
  };
}

/** Reads `Authorization: Bearer …`. */
export function bearerAuthenticator(authenticate: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  return async (request) => {
    const header = request.headers.authorization;
    if (header === undefined || header.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
    const token = header.slice(7).trim();
    if (token === "") return undefined;
    const found = await authenticate(token, audiences);
    if (found === undefined) throw unauthorized();
    return found;
  };
}

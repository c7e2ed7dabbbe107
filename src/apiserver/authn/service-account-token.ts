/**
 * ServiceAccount tokens as signed claims (JWT): made by TokenRequest, and by the token controller for Secrets of the old kind.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ , RFC 7519
 */
import { decodeBase64Url, decodeUtf8, encodeBase64Url, encodeUtf8 } from "../../base/bytes.ts";
import type { TokenKey } from "./token-key.ts";

export interface ObjectIdentity {
  name: string;
  uid: string;
}

export interface BoundClaims {
  namespace: string;
  serviceaccount: ObjectIdentity;
  pod?: ObjectIdentity;
  secret?: ObjectIdentity;
  node?: ObjectIdentity;
  /** When the token should have been replaced, where it lives longer than was asked for. */
  warnafter?: number;
}

/** Times in seconds since the epoch. */
export interface TokenClaims {
  iss: string;
  sub: string;
  aud: string[];
  exp: number;
  iat: number;
  nbf: number;
  jti: string;
  "kubernetes.io": BoundClaims;
}

/** The claims of a token that lies in a Secret and never expires. */
export interface LegacyClaims {
  iss: typeof LEGACY_ISSUER;
  sub: string;
  "kubernetes.io/serviceaccount/namespace": string;
  "kubernetes.io/serviceaccount/secret.name": string;
  "kubernetes.io/serviceaccount/service-account.name": string;
  "kubernetes.io/serviceaccount/service-account.uid": string;
}

export const LEGACY_ISSUER = "kubernetes/serviceaccount";

export const accountUser = (namespace: string, name: string): string => `system:serviceaccount:${namespace}:${name}`;

export const accountGroups = (namespace: string): string[] => ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];

const part = (value: object): string => encodeBase64Url(encodeUtf8(JSON.stringify(value)));

export async function signToken(key: TokenKey, claims: TokenClaims | LegacyClaims): Promise<string> {
  const signed = `${part({ alg: key.algorithm, kid: key.id })}.${part(claims)}`;
  return `${signed}.${encodeBase64Url(await key.sign(encodeUtf8(signed)))}`;
}

/** The token of a Secret of type kubernetes.io/service-account-token. */
export function signLegacyToken(key: TokenKey, namespace: string, account: ObjectIdentity, secretName: string): Promise<string> {
  return signToken(key, {
    iss: LEGACY_ISSUER,
    sub: accountUser(namespace, account.name),
    "kubernetes.io/serviceaccount/namespace": namespace,
    "kubernetes.io/serviceaccount/secret.name": secretName,
    "kubernetes.io/serviceaccount/service-account.name": account.name,
    "kubernetes.io/serviceaccount/service-account.uid": account.uid,
  });
}

/** The claims of a token that the key signed; undefined for anything else. Says nothing of times, audiences and bound objects. */
export async function verifiedClaims(key: TokenKey, token: string): Promise<Record<string, unknown> | undefined> {
  const parts = token.split(".");
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) return undefined;
  try {
    const { alg, kid } = JSON.parse(decodeUtf8(decodeBase64Url(header))) as Record<string, unknown>;
    // The algorithm is the key's, never the token's choice.
    if (alg !== key.algorithm || (kid !== undefined && kid !== key.id)) return undefined;
    if (!(await key.verify(encodeUtf8(`${header}.${payload}`), decodeBase64Url(signature)))) return undefined;
    const claims: unknown = JSON.parse(decodeUtf8(decodeBase64Url(payload)));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

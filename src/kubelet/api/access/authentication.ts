/**
 * Who calls the node API: a client certificate that TLS has verified against the cluster's authority, or a bearer token of which the
 * API server says whose it is (TokenReview). Nobody else: anonymous requests are refused, as on nodes that kubeadm sets up.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#kubelet-authentication
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { TokenReview } from "../../../api/authentication/token-review.ts";
import { encodeHex, encodeUtf8 } from "../../../base/bytes.ts";
import { certificateSubject } from "../../../base/certificate-subject.ts";
import type { Clock } from "../../../base/clock.ts";
import { expiringMap } from "../../../base/expiring-map.ts";
import type { HttpRequest, UserInfo } from "../../../base/http.ts";
import type { Client } from "../../../client/client.ts";

/** As upstream's authentication.webhook.cacheTTL. */
export const TOKEN_KEEP_MS = 120_000;
/** Tokens that are remembered, by their digest. */
const MOST_TOKENS = 4_096;
const AUTHENTICATED = "system:authenticated";

/** Undefined: nobody. Rejects where the API server cannot be asked. */
export type Authenticate = (request: HttpRequest) => Promise<UserInfo | undefined>;

function ofCertificate(certificate: Uint8Array, nowMs: number): UserInfo | undefined {
  const { commonName, organizations, uid, notAfter } = certificateSubject(certificate);
  // A connection may outlive the certificate with which it began.
  if (commonName === "" || nowMs > notAfter) return undefined;
  return { name: commonName, groups: [...organizations, AUTHENTICATED], ...(uid === undefined ? {} : { uid }) };
}

function bearerToken({ headers }: HttpRequest): string | undefined {
  const [scheme = "", token = ""] = (headers.authorization ?? "").trim().split(/\s+/);
  return scheme.toLowerCase() === "bearer" && token !== "" ? token : undefined;
}

interface Reviewed {
  user: UserInfo | undefined;
  /** The API server could not tell: ask again. */
  uncertain: boolean;
}

async function review(client: Client, token: string): Promise<Reviewed> {
  const { status } = await client.create(TokenReview, { spec: { token } } as TokenReview);
  const { authenticated = false, error = "", user } = status ?? { user: {} };
  if (!authenticated) return { user: undefined, uncertain: error !== "" };
  const { username: name = "", uid, groups = [], extra } = user;
  return { user: { name, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) }, uncertain: false };
}

export function delegatedAuthentication({ client, clock }: { client: Client; clock: Clock }): Authenticate {
  const tokens = expiringMap<Reviewed>({
    clock,
    limit: MOST_TOKENS,
    keepMs: ({ uncertain }) => (uncertain ? 0 : TOKEN_KEEP_MS),
  });
  return async (request) => {
    const { peerCertificate } = request;
    const certified = peerCertificate === undefined ? undefined : ofCertificate(peerCertificate, clock.now());
    if (certified !== undefined) return certified;
    const token = bearerToken(request);
    if (token === undefined) return undefined;
    const { user } = await tokens.get(encodeHex(sha256(encodeUtf8(token))), () => review(client, token));
    return user;
  };
}

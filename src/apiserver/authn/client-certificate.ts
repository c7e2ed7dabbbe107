/**
 * Client certificates: the common name is the user, the organizations are the groups.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { unauthorized } from "../../api/errors.ts";
import { encodeHex } from "../../base/bytes.ts";
import { certificateSubject } from "../../base/certificate-subject.ts";
import type { Clock } from "../../base/clock.ts";
import type { UserInfo } from "../../base/http.ts";
import type { Authenticator } from "./authenticator.ts";
import { CREDENTIAL_ID } from "./user-extra.ts";

interface Known {
  /** Undefined: it names nobody. */
  user: UserInfo | undefined;
  notAfter: number;
}

function read(certificate: Uint8Array): Known {
  const { commonName, organizations, uid, notAfter } = certificateSubject(certificate);
  if (commonName === "") return { user: undefined, notAfter };
  const extra = { [CREDENTIAL_ID]: [`X509SHA256=${encodeHex(sha256(certificate))}`] };
  return { user: { name: commonName, groups: organizations, ...(uid === undefined ? {} : { uid }), extra }, notAfter };
}

export function clientCertificateAuthenticator(clock: Clock): Authenticator {
  // A connection hands over the same bytes with each of its requests.
  const known = new WeakMap<Uint8Array, Known>();
  return (request) => {
    if (request.peerCertificateError !== undefined) {
      // Another credential of the same request may still be good.
      if (request.headers.authorization !== undefined) return undefined;
      throw unauthorized();
    }
    const certificate = request.peerCertificate;
    if (certificate === undefined) return undefined;
    let found = known.get(certificate);
    if (found === undefined) {
      found = read(certificate);
      known.set(certificate, found);
    }
    // Connections may live longer than the certificate with which they began.
    if (clock.now() > found.notAfter) throw unauthorized();
    return found.user && { user: found.user };
  };
}

/**
 * The keys and certificates of a cluster, in one directory (named as kubeadm names them), made when they are missing and renewed
 * when they are about to expire. Invariants: every file is 0600; a key never leaves the directory except into the kubeconfig of its
 * user; the authorities and the ServiceAccount key are never replaced by themselves, since what they signed would turn invalid.
 * https://kubernetes.io/docs/setup/best-practices/certificates/
 */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import type { RequestedSubject } from "../base/certificate-subject.ts";
import type { Clock } from "../base/clock.ts";
import type { Entropy } from "../base/entropy.ts";
import { type Identity, makeIdentity, UID_ATTRIBUTE, type Usage } from "./certificate.ts";
import { readFileIfThere, writePrivateFile } from "./private-file.ts";
import { makeServiceAccountKey } from "./service-account-key.ts";
import { readRequest, signRequest } from "./sign-request.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_LIFE_MS = 3650 * DAY_MS;
const LEAF_LIFE_MS = 365 * DAY_MS;
/** Certificates are dated back, for clocks that are behind. */
const CLOCK_SKEW_MS = 60 * 60 * 1000;
/** Certificates of requests begin that much earlier; those that live less than the second end no earlier for it. */
const BACKDATE_MS = 5 * 60 * 1000;
const SHORT_LIFE_MS = 8 * 60 * 60 * 1000;
/** A certificate with less than this left is replaced. */
const RENEW_BEFORE_MS = 90 * DAY_MS;

export interface ClusterPkiOptions {
  directory: string;
  clock: Clock;
  entropy: Entropy;
}

export interface RequestSigner {
  /** Whom a request in PEM is for. Rejects where it cannot be read. */
  read(request: string): Promise<RequestedSubject>;
  /** PEM of the certificate, for as long as asked, but not longer than the authority itself. */
  sign(request: string, options: { usages: readonly string[]; lifeMs: number }): Promise<string>;
}

export interface ClusterPki {
  /** PEM of the authority that signs serving and client certificates. */
  readonly ca: string;
  /** PEM of the authority for the aggregation layer's client certificate. */
  readonly frontProxyCa: string;
  /** The certificate of a server that is reached under `hosts` (names and IP addresses); kept as `<name>.crt` and `<name>.key`. */
  server(name: string, commonName: string, hosts: readonly string[]): Identity;
  /** The certificate of a user with groups, and with a uid where there is one. */
  client(name: string, user: string, groups: readonly string[], uid?: string): Identity;
  /** The aggregation layer's own, signed by the front proxy's authority. */
  frontProxyClient(): Identity;
  /** Signs what others ask for, with the authority of serving and client certificates. */
  readonly signer: RequestSigner;
  /** PEM of the private key for ServiceAccount tokens; being made since this object is there. */
  readonly serviceAccountKey: Promise<string>;
}

/** A file of the directory cannot be used as it is. The message names it and says what to do. */
export class PkiError extends Error {
  override readonly name = "PkiError";
}

interface Wanted {
  commonName: string;
  organizations: readonly string[];
  uid?: string | undefined;
  usage: Usage;
  issuer: Identity;
}

/** Whether a certificate is what is wanted, for long enough. */
function isGood(certificate: X509Certificate, nowMs: number, { commonName, organizations, uid, usage, issuer }: Wanted): boolean {
  const uids = uid === undefined ? [] : [`${UID_ATTRIBUTE}=${uid}`];
  const subject = [...organizations.map((each) => `O=${each}`), `CN=${commonName}`, ...uids].join("\n");
  const names = usage.type === "server" ? usage.hosts : [];
  return (
    Date.parse(certificate.validTo) - nowMs > RENEW_BEFORE_MS &&
    certificate.subject === subject &&
    names.every((host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined) &&
    certificate.verify(new X509Certificate(issuer.certificate).publicKey)
  );
}

interface StoredIdentity {
  identity: Identity;
  certificate: X509Certificate;
}

/** Undefined where there is none. Throws PkiError for a damaged one. */
function storedIdentity(path: string): StoredIdentity | undefined {
  const certificate = readFileIfThere(`${path}.crt`);
  const key = readFileIfThere(`${path}.key`);
  if (certificate === undefined || key === undefined) return undefined;
  try {
    return { identity: { certificate, key }, certificate: new X509Certificate(certificate) };
  } catch (error) {
    throw new PkiError(`${path}.crt is not a certificate; put it back from a copy, or delete it to get a new one`, {
      cause: error,
    });
  }
}

/** The key first: a certificate without its key would look complete to nobody. */
function keepIdentity(path: string, identity: Identity): Identity {
  writePrivateFile(`${path}.key`, identity.key);
  writePrivateFile(`${path}.crt`, identity.certificate);
  return identity;
}

export function openClusterPki({ directory, clock, entropy }: ClusterPkiOptions): ClusterPki {
  const pathOf = (file: string): string => join(directory, file);

  const stored = (name: string): StoredIdentity | undefined => storedIdentity(pathOf(name));
  const keep = (name: string, identity: Identity): Identity => keepIdentity(pathOf(name), identity);

  const make = ({ commonName, organizations, uid, usage, issuer }: Omit<Wanted, "issuer"> & { issuer?: Identity }): Identity =>
    makeIdentity({
      commonName,
      organizations,
      uid,
      usage,
      notBefore: clock.now() - CLOCK_SKEW_MS,
      notAfter: clock.now() + (usage.type === "authority" ? AUTHORITY_LIFE_MS : LEAF_LIFE_MS),
      entropy,
      ...(issuer === undefined ? {} : { issuer }),
    });

  const authority = (name: string, commonName: string): Identity =>
    stored(name)?.identity ?? keep(name, make({ commonName, organizations: [], usage: { type: "authority" } }));

  function leaf(name: string, wanted: Wanted): Identity {
    const before = stored(name);
    if (before !== undefined && isGood(before.certificate, clock.now(), wanted)) return before.identity;
    return keep(name, make(wanted));
  }

  async function openServiceAccountKey(): Promise<string> {
    const before = readFileIfThere(pathOf("sa.key"));
    if (before !== undefined) return before;
    const key = await makeServiceAccountKey();
    writePrivateFile(pathOf("sa.key"), key);
    return key;
  }

  const serviceAccountKey = openServiceAccountKey();
  // Who awaits it sees the error; nobody awaiting yet is no reason to end the process.
  serviceAccountKey.catch(() => {});
  const ca = authority("ca", "kubernetes");
  const frontProxyCa = authority("front-proxy-ca", "front-proxy-ca");
  return {
    ca: ca.certificate,
    frontProxyCa: frontProxyCa.certificate,
    server: (name, commonName, hosts) =>
      leaf(name, { commonName, organizations: [], usage: { type: "server", hosts }, issuer: ca }),
    client: (name, user, groups, uid) =>
      leaf(name, { commonName: user, organizations: groups, uid, usage: { type: "client" }, issuer: ca }),
    frontProxyClient: () =>
      leaf("front-proxy-client", {
        commonName: "front-proxy-client",
        organizations: [],
        usage: { type: "client" },
        issuer: frontProxyCa,
      }),
    signer: {
      read: async (request) => readRequest(request),
      async sign(request, { usages, lifeMs }) {
        const notBefore = clock.now() - BACKDATE_MS;
        // What lives long is as long valid as asked for, counted from its backdated start; what lives shortly ends when it should.
        const end = (lifeMs < SHORT_LIFE_MS ? clock.now() : notBefore) + lifeMs;
        const notAfter = Math.min(end, Date.parse(new X509Certificate(ca.certificate).validTo));
        return signRequest(request, { usages, notBefore, notAfter, issuer: ca, entropy });
      },
    },
    serviceAccountKey,
  };
}

/**
 * Certificates of a cluster: X.509 version 3, ECDSA P-256 with SHA-256.
 * https://kubernetes.io/docs/setup/best-practices/certificates/ , RFC 5280
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Entropy } from "../base/entropy.ts";
import * as der from "./der.ts";

/** PEM texts of a certificate and of its private key (PKCS #8). */
export interface Identity {
  certificate: string;
  key: string;
}

export type Usage =
  | { type: "authority" }
  /** Names and addresses under which the server is reached. */
  | { type: "server"; hosts: readonly string[] }
  | { type: "client" };

export interface CertificateRequest {
  /** The user's name, for clients. */
  commonName: string;
  /** The user's groups. */
  organizations?: readonly string[];
  /** The user's uid. */
  uid?: string | undefined;
  usage: Usage;
  /** Milliseconds since the epoch. */
  notBefore: number;
  notAfter: number;
  /** Who signs; absent: the new key itself. */
  issuer?: Identity;
  entropy: Entropy;
}

/** Kubernetes' own attribute of a subject: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates */
export const UID_ATTRIBUTE = "1.3.6.1.4.1.57683.2";

const ID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  uid: UID_ATTRIBUTE,
} as const;

const ALGORITHM = der.sequence(der.objectId(ID.ecdsaWithSha256));

const attribute = (id: string, value: string): Uint8Array => der.set(der.sequence(der.objectId(id), der.utf8(value)));

const nameOf = (commonName: string, organizations: readonly string[], uid?: string): Uint8Array =>
  der.sequence(
    ...organizations.map((each) => attribute(ID.organization, each)),
    attribute(ID.commonName, commonName),
    ...(uid === undefined ? [] : [attribute(ID.uid, uid)]),
  );

const extension = (id: string, critical: boolean, value: Uint8Array): Uint8Array =>
  der.sequence(der.objectId(id), ...(critical ? [der.boolean(true)] : []), der.octets(value));

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split("."), Number);
  const [head = "", tail] = address.split("::");
  const groups = (text: string | undefined): number[] => (text ? text.split(":").map((each) => Number.parseInt(each, 16)) : []);
  const before = groups(head);
  const after = groups(tail);
  const all = tail === undefined ? before : [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

const alternativeName = (host: string): Uint8Array =>
  isIP(host) === 0 ? der.implicit(2, new TextEncoder().encode(host)) : der.implicit(7, addressBytes(host));

/** SHA-1 of the public key, as RFC 5280 suggests: it names the key, it protects nothing. */
const keyIdOf = (spki: Uint8Array): Uint8Array => createHash("sha1").update(spki).digest();

/** Extensions that name the keys of the subject and of the issuer. */
export const keyIds = (spki: Uint8Array, issuerSpki: Uint8Array): Uint8Array[] => [
  extension(ID.subjectKeyId, false, der.octets(keyIdOf(spki))),
  extension(ID.authorityKeyId, false, der.sequence(der.implicit(0, keyIdOf(issuerSpki)))),
];

/** Kubernetes' names of the bits of keyUsage, in their order. */
const KEY_USAGES: readonly (readonly string[])[] = [
  ["digital signature", "signing"],
  ["content commitment"],
  ["key encipherment"],
  ["data encipherment"],
  ["key agreement"],
  ["cert sign"],
  ["crl sign"],
  ["encipher only"],
];

const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any: "2.5.29.37.0",
  "server auth": ID.serverAuth,
  "client auth": ID.clientAuth,
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
};

/** Extensions of a certificate that was asked for: its usages, and the names of the request as they stand there. */
export function requestExtensions(
  usages: readonly string[],
  ids: readonly Uint8Array[],
  alternatives: Uint8Array | null | undefined,
): Uint8Array {
  const bits = KEY_USAGES.map((names) => names.some((name) => usages.includes(name)));
  const last = bits.lastIndexOf(true);
  const keyUsage = bits.reduce((byte, set, index) => (set ? byte | (0x80 >> index) : byte), 0);
  const purposes = usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []);
  const list = [extension(ID.basicConstraints, true, der.sequence()), ...ids];
  if (last >= 0) list.unshift(extension(ID.keyUsage, true, der.bits(Uint8Array.of(keyUsage), 7 - last)));
  if (purposes.length > 0) list.push(extension(ID.extendedKeyUsage, false, der.sequence(...purposes.map(der.objectId))));
  if (alternatives) list.push(alternatives);
  return der.explicit(3, der.sequence(...list));
}

function extensionsOf(usage: Usage, spki: Uint8Array, issuerSpki: Uint8Array): Uint8Array {
  const isAuthority = usage.type === "authority";
  // digitalSignature, and for authorities keyCertSign and cRLSign.
  const keyUsage = isAuthority ? der.bits(Uint8Array.of(0b1000_0110), 1) : der.bits(Uint8Array.of(0b1000_0000), 7);
  const list = [
    extension(ID.keyUsage, true, keyUsage),
    extension(ID.basicConstraints, true, isAuthority ? der.sequence(der.boolean(true)) : der.sequence()),
    ...keyIds(spki, issuerSpki),
  ];
  if (!isAuthority) {
    list.push(
      extension(ID.extendedKeyUsage, false, der.sequence(der.objectId(usage.type === "server" ? ID.serverAuth : ID.clientAuth))),
    );
  }
  if (usage.type === "server") list.push(extension(ID.subjectAltName, false, der.sequence(...usage.hosts.map(alternativeName))));
  return der.explicit(3, der.sequence(...list));
}

/** The subject of a certificate as it stands in it, so that an issuer's name is repeated byte for byte. */
function subjectOf(certificate: X509Certificate): Uint8Array {
  const values = new Map<string, string[]>();
  for (const line of certificate.subject.split("\n")) {
    const equals = line.indexOf("=");
    const key = line.slice(0, equals);
    values.set(key, [...(values.get(key) ?? []), line.slice(equals + 1)]);
  }
  return nameOf(values.get("CN")?.[0] ?? "", values.get("O") ?? []);
}

function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

export interface Certified {
  /** DER of the subject's name and of its public key. */
  subject: Uint8Array;
  spki: Uint8Array;
  /** The extensions, whole; `issuerSpki` is the issuer's public key. */
  extensions: (issuerSpki: Uint8Array) => Uint8Array;
  notBefore: number;
  notAfter: number;
  /** Without certificate: the subject signs for itself. */
  issuer: { certificate?: string; key: string };
  entropy: Entropy;
}

/** PEM of a signed certificate. */
export function certify({ subject, spki, extensions, notBefore, notAfter, issuer, entropy }: Certified): string {
  const issuerKey = createPrivateKey(issuer.key);
  const issuerSpki = createPublicKey(issuerKey).export({ type: "spki", format: "der" });
  const serial = entropy.bytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Uint8Array.of(2))),
    der.integer(serial),
    ALGORITHM,
    issuer.certificate === undefined ? subject : subjectOf(new X509Certificate(issuer.certificate)),
    der.sequence(der.time(notBefore), der.time(notAfter)),
    subject,
    spki,
    extensions(issuerSpki),
  );
  return toPem("CERTIFICATE", der.sequence(toBeSigned, ALGORITHM, der.bits(sign("sha256", toBeSigned, issuerKey))));
}

/** Makes a key and a certificate for it. */
export function makeIdentity(request: CertificateRequest): Identity {
  const { commonName, organizations = [], uid, usage, issuer, notBefore, notAfter, entropy } = request;
  const { publicKey: spki, privateKey: key } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const certificate = certify({
    subject: nameOf(commonName, organizations, uid),
    spki,
    extensions: (issuerSpki) => extensionsOf(usage, spki, issuerSpki),
    notBefore,
    notAfter,
    issuer: issuer ?? { key },
    entropy,
  });
  return { certificate, key };
}

/**
 * Reads requests for certificates (PKCS #10) and signs them with the cluster's authority.
 * RFC 2986, https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import { createPublicKey, verify } from "node:crypto";
import type { RequestedSubject } from "../base/certificate-subject.ts";
import type { Entropy } from "../base/entropy.ts";
import { certify, type Identity, keyIds, requestExtensions } from "./certificate.ts";
import { type Element, readElement, readObjectId } from "./der.ts";

export interface SigningOptions {
  /** Kubernetes' names: `client auth`, `digital signature`. */
  usages: readonly string[];
  notBefore: number;
  notAfter: number;
  issuer: Identity;
  entropy: Entropy;
}

interface Request {
  /** What is signed, whole. */
  info: Uint8Array;
  subject: Element;
  spki: Element;
  /** The extension with alternative names, whole. */
  alternatives: Element | undefined;
  algorithm: string;
  signature: Uint8Array;
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const ALTERNATIVE_NAMES = "2.5.29.17";
const ATTRIBUTES = 0xa0;

/** By signature algorithm: the digest; undefined for those that have their own. */
const DIGESTS: Readonly<Record<string, string | undefined>> = {
  "1.2.840.113549.1.1.11": "sha256",
  "1.2.840.113549.1.1.12": "sha384",
  "1.2.840.113549.1.1.13": "sha512",
  "1.2.840.10045.4.3.2": "sha256",
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.10045.4.3.4": "sha512",
  "1.3.101.112": undefined,
};

const malformed = (): RangeError => new RangeError("the request is malformed");

function bytesOf(pem: string): Uint8Array {
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(pem)?.[1];
  if (body === undefined) throw new RangeError("PEM block type must be CERTIFICATE REQUEST");
  return Buffer.from(body, "base64");
}

function alternativesIn(attributes: readonly Element[]): Element | undefined {
  for (const attribute of attributes) {
    const [type, values] = attribute.children();
    if (type === undefined || values === undefined || readObjectId(type) !== EXTENSION_REQUEST) continue;
    const extensions = values.children()[0]?.children() ?? [];
    return extensions.find((extension) => {
      const [id] = extension.children();
      return id !== undefined && readObjectId(id) === ALTERNATIVE_NAMES;
    });
  }
  return undefined;
}

function parse(pem: string): Request {
  const [info, algorithm, signature] = readElement(bytesOf(pem)).children();
  const [, subject, spki, ...more] = info?.children() ?? [];
  const algorithmId = algorithm?.children()[0];
  if (!info || !subject || !spki || !signature || !algorithmId) throw malformed();
  const attributes = more.find(({ tag }) => tag === ATTRIBUTES)?.children() ?? [];
  return {
    info: info.whole,
    subject,
    spki,
    alternatives: alternativesIn(attributes),
    algorithm: readObjectId(algorithmId),
    // The first octet says how many bits of the last one are no signature: none.
    signature: signature.content.subarray(1),
  };
}

const text = ({ content }: Element): string => Buffer.from(content).toString("utf8");

function namesIn(extension: Element | undefined): Element[] {
  const value = extension?.children().at(-1);
  return value === undefined ? [] : readElement(value.content).children();
}

/** Throws where the text is no request. */
export function readRequest(pem: string): RequestedSubject {
  const { subject, alternatives } = parse(pem);
  const attributes = subject.children().flatMap((set) => set.children());
  const valuesOf = (id: string): string[] =>
    attributes.flatMap((attribute) => {
      const [type, value] = attribute.children();
      return type !== undefined && value !== undefined && readObjectId(type) === id ? [text(value)] : [];
    });
  const names = namesIn(alternatives);
  const tagged = (wanted: number): Element[] => names.filter(({ tag }) => (tag & 0x1f) === wanted);
  return {
    commonName: valuesOf(COMMON_NAME)[0] ?? "",
    organizations: valuesOf(ORGANIZATION),
    dnsNames: tagged(2).map(text),
    addresses: tagged(7).map(({ content }) => content.join(".")),
    emailAddresses: tagged(1).map(text),
    uris: tagged(6).map(text),
  };
}

/** PEM of a certificate for the key and the names of the request. Throws where the request is not signed by its own key. */
export function signRequest(pem: string, options: SigningOptions): string {
  const { info, subject, spki, alternatives, algorithm, signature } = parse(pem);
  if (!Object.hasOwn(DIGESTS, algorithm)) throw new RangeError(`unknown signature algorithm ${algorithm}`);
  const key = createPublicKey({ key: Buffer.from(spki.whole), format: "der", type: "spki" });
  if (!verify(DIGESTS[algorithm], info, key, signature)) throw new RangeError("the request is not signed by its own key");
  const { issuer, usages, notBefore, notAfter, entropy } = options;
  return certify({
    subject: subject.whole,
    spki: spki.whole,
    issuer,
    notBefore,
    notAfter,
    entropy,
    extensions: (issuerSpki) => requestExtensions(usages, keyIds(spki.whole, issuerSpki), alternatives?.whole),
  });
}

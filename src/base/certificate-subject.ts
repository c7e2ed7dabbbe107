/**
 * Reads who a client certificate is for: common name, organizations and the end of its life. The certificate was verified before;
 * this only walks to the fields (RFC 5280), without an X.509 library, since the API server runs where there is none.
 */
import { decodeUtf8 } from "./bytes.ts";

export interface CertificateSubject {
  commonName: string;
  organizations: readonly string[];
  uid?: string;
  /** Milliseconds since the epoch. */
  notAfter: number;
}

/** Whom a request for a certificate is for. */
export interface RequestedSubject {
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
  addresses: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
}

interface Element {
  tag: number;
  /** Offsets of the content. */
  start: number;
  end: number;
}

const SEQUENCE = 0x30;
const VERSION = 0xa0;
const UTC_TIME = 0x17;
const COMMON_NAME = "85.4.3";
const ORGANIZATION = "85.4.10";
/** 1.3.6.1.4.1.57683.2 */
const UID = "43.6.1.4.1.131.194.83.2";

function elementAt(bytes: Uint8Array, offset: number): Element {
  const tag = bytes[offset] ?? 0;
  const first = bytes[offset + 1] ?? 0;
  const count = first < 0x80 ? 0 : first & 0x7f;
  let length = first < 0x80 ? first : 0;
  for (let index = 0; index < count; index++) length = length * 256 + (bytes[offset + 2 + index] ?? 0);
  const start = offset + 2 + count;
  const end = start + length;
  if (offset + 2 > bytes.length || count > 4 || end > bytes.length) throw new RangeError("the certificate ends too early");
  return { tag, start, end };
}

function childrenOf(bytes: Uint8Array, { start, end }: Element): Element[] {
  const children: Element[] = [];
  for (let offset = start; offset < end; ) {
    const child = elementAt(bytes, offset);
    children.push(child);
    offset = child.end;
  }
  return children;
}

const contentOf = (bytes: Uint8Array, { start, end }: Element): Uint8Array => bytes.subarray(start, end);

function timeOf(bytes: Uint8Array, element: Element): number {
  const text = decodeUtf8(contentOf(bytes, element));
  const year =
    element.tag === UTC_TIME
      ? Number(text.slice(0, 2)) < 50
        ? `20${text.slice(0, 2)}`
        : `19${text.slice(0, 2)}`
      : text.slice(0, 4);
  const rest = element.tag === UTC_TIME ? text.slice(2) : text.slice(4);
  const [month, day, hour, minute, second] = rest.match(/\d\d/g) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Throws RangeError where the bytes are no certificate. */
export function certificateSubject(der: Uint8Array): CertificateSubject {
  const whole = elementAt(der, 0);
  const [body] = childrenOf(der, whole);
  if (whole.tag !== SEQUENCE || body === undefined) throw new RangeError("not a certificate");
  const fields = childrenOf(der, body).filter(({ tag }) => tag !== VERSION);
  // serialNumber, signature, issuer, validity, subject, …
  const [, , , validity, subject] = fields;
  const end = validity && childrenOf(der, validity)[1];
  if (subject === undefined || end === undefined) throw new RangeError("not a certificate");
  let commonName = "";
  let uid: string | undefined;
  const organizations: string[] = [];
  for (const attributes of childrenOf(der, subject)) {
    for (const attribute of childrenOf(der, attributes)) {
      const [type, value] = childrenOf(der, attribute);
      if (type === undefined || value === undefined) continue;
      const id = contentOf(der, type).join(".");
      const text = decodeUtf8(contentOf(der, value));
      if (id === COMMON_NAME) commonName = text;
      if (id === ORGANIZATION) organizations.push(text);
      if (id === UID) uid = text;
    }
  }
  return { commonName, organizations, ...(uid === undefined ? {} : { uid }), notAfter: timeOf(der, end) };
}

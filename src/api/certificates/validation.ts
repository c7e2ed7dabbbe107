/**
 * Field errors of a CertificateSigningRequest: the request itself, and how its conditions may change.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
 */
import { decodeBase64, decodeUtf8 } from "../../base/bytes.ts";
import { deepEqual } from "../../base/deep-equal.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type * as certificates from "../generated/certificates-v1.ts";
import { dnsSubdomainErrors } from "../names.ts";
import { immutable, requiredOneOf } from "../validation.ts";
import type { Report } from "../validation-report.ts";

type Request = DeepReadonly<certificates.CertificateSigningRequest>;
type Condition = DeepReadonly<certificates.CertificateSigningRequestCondition>;

const MIN_EXPIRATION_SECONDS = 600;
const MAX_SIGNER_DOMAIN = 253;
const DER_SEQUENCE = 0x30;
const DECISIONS = ["Approved", "Denied", "Failed"];
const USAGES = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

/** The DER of each PEM block, or undefined where the text is no PEM of this kind. */
function pemBlocks(base64: string, kind: string): Uint8Array[] | undefined {
  const text = decodeUtf8(decodeBase64(base64));
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z ]+)-----\s([A-Za-z0-9+/=\s]+)-----END \1-----/g)];
  if (blocks.length === 0 || blocks.some(([, found]) => found !== kind)) return undefined;
  const decoded = blocks.map(([, , body = ""]) => decodeBase64(body.replace(/\s/g, "")));
  return decoded.every(([first]) => first === DER_SEQUENCE) ? decoded : undefined;
}

/** `domain/path`: a domain of two parts at least. */
function validateSigner(name: string, report: Report): void {
  if (!name) return report.required();
  const slash = name.indexOf("/");
  const [domain, path] = slash < 0 ? [name, ""] : [name.slice(0, slash), name.slice(slash + 1)];
  if (slash < 0 || path === "")
    return report.invalid(name, 'must be a fully qualified domain and path of the form "example.com/signer-name"');
  if (domain.length > MAX_SIGNER_DOMAIN) report.tooLong(MAX_SIGNER_DOMAIN);
  for (const complaint of dnsSubdomainErrors(domain)) report.invalid(name, `invalid domain: ${complaint}`);
  if (!domain.includes(".")) report.invalid(name, "should be a domain with at least two segments separated by dots");
  for (const segment of path.split("."))
    for (const complaint of dnsSubdomainErrors(segment)) report.invalid(name, `invalid path: ${complaint}`);
}

export function validateRequest({ spec }: Request, previous: Request | undefined, report: Report): void {
  if (previous) return immutable(spec, previous.spec, report.at("spec"));
  const here = report.at("spec");
  if (!pemBlocks(spec.request ?? "", "CERTIFICATE REQUEST"))
    here.at("request").invalid(spec.request, "PEM block type must be CERTIFICATE REQUEST");
  const usages = spec.usages ?? [];
  if (usages.length === 0) here.at("usages").required();
  const seen = new Set<string>();
  usages.forEach((usage, index) => {
    if (seen.has(usage)) here.at("usages", index).duplicate(usage);
    seen.add(usage);
    if (!USAGES.includes(usage)) here.at("usages", index).notSupported(usage, USAGES);
  });
  validateSigner(spec.signerName, here.at("signerName"));
  const seconds = spec.expirationSeconds;
  if (seconds !== undefined && seconds < MIN_EXPIRATION_SECONDS)
    here.at("expirationSeconds").invalid(seconds, "may not specify a duration less than 600 seconds (10 minutes)");
}

function validateConditions(conditions: readonly Condition[], report: Report): void {
  const seen = new Set<string>();
  conditions.forEach((condition, index) => {
    const here = report.at(index);
    const { type, status } = condition;
    if (!type) here.at("type").required();
    requiredOneOf(status, DECISIONS.includes(type) ? ["True"] : ["False", "True", "Unknown"], here.at("status"));
    if (seen.has(type)) here.at("type").duplicate(type);
    seen.add(type);
  });
  if (seen.has("Approved") && seen.has("Denied"))
    report.invalid(conditions, "Approved and Denied conditions are mutually exclusive");
}

/** A decision that was made stays. */
function validateKept(status: Request["status"], previous: Request["status"], report: Report): void {
  const kept = (of: Request["status"], type: string): Condition[] =>
    (of.conditions ?? [])
      .filter((condition) => condition.type === type)
      .map(({ lastUpdateTime: _time, message: _message, ...rest }) => rest as Condition);
  for (const type of DECISIONS) {
    const before = kept(previous, type);
    if (before.length > 0 && kept(status, type).length < before.length)
      report.forbidden(`updates may not remove a condition of type "${type}"`);
  }
}

export function validateRequestStatus({ status }: Request, previous: Request, report: Report): void {
  const here = report.at("status");
  const conditions = status.conditions ?? [];
  if (!deepEqual(conditions, previous.status.conditions ?? [])) {
    validateConditions(conditions, here.at("conditions"));
    validateKept(status, previous.status, here.at("conditions"));
  }
  const { certificate } = status;
  const place = here.at("certificate");
  if (certificate && !pemBlocks(certificate, "CERTIFICATE"))
    place.invalid("<certificate data>", "must contain at least one CERTIFICATE PEM block");
  if (previous.status.certificate && certificate !== previous.status.certificate)
    place.forbidden("updates may not modify or clear certificate data once set");
}

/**
 * Signs approved CertificateSigningRequests of the built-in signers, each by its own rules.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */

import { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { isConditionTrue } from "../../api/conditions.ts";
import { formatTime } from "../../api/time.ts";
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from "../../base/bytes.ts";
import type { DeepReadonly } from "../../base/readonly.ts";
import type { Controller } from "../controller.ts";
import { messageOf } from "../pod-control.ts";

export interface CertificateSubject {
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
  addresses: readonly string[];
  otherNames: readonly string[];
}

/** The key of an authority, wherever it is kept. */
export interface CertificateSigner {
  /** Whom a request in PEM is for. Rejects where it cannot be read. */
  read(request: string): Promise<CertificateSubject>;
  /** PEM of the certificate. */
  sign(request: string, options: { usages: readonly string[]; lifeMs: number }): Promise<string>;
}

type Request = DeepReadonly<CertificateSigningRequest>;
type Rule = (subject: CertificateSubject, usages: ReadonlySet<string>) => string | undefined;

const YEAR_MS = 365 * 24 * 3_600_000;
const NODES = "system:nodes";
const NODE_PREFIX = "system:node:";

const only = (usages: ReadonlySet<string>, allowed: readonly string[]): boolean =>
  [...usages].every((usage) => allowed.includes(usage));

function nodeSubject({ commonName, organizations }: CertificateSubject): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODES) return `subject organization is not ${NODES}`;
  return commonName.startsWith(NODE_PREFIX) ? undefined : `subject common name does not begin with ${NODE_PREFIX}`;
}

function hasUsages(usages: ReadonlySet<string>, purpose: string): string | undefined {
  const isFit =
    usages.has(purpose) && usages.has("digital signature") && only(usages, [purpose, "digital signature", "key encipherment"]);
  return isFit ? undefined : "usages did not match";
}

/** What each signer refuses, with the words for the condition. */
const SIGNERS: Readonly<Record<string, Rule>> = {
  "kubernetes.io/kube-apiserver-client": (_, usages) =>
    usages.has("client auth") && only(usages, ["client auth", "digital signature", "key encipherment"])
      ? undefined
      : "usages did not match",
  "kubernetes.io/kube-apiserver-client-kubelet": (subject, usages) => {
    const { dnsNames, addresses, otherNames } = subject;
    if (dnsNames.length + addresses.length + otherNames.length > 0) return "subjectAltNames are not allowed";
    return nodeSubject(subject) ?? hasUsages(usages, "client auth");
  },
  "kubernetes.io/kubelet-serving": (subject, usages) => {
    if (subject.dnsNames.length + subject.addresses.length === 0) return "at least one DNS or IP subjectAltName is required";
    if (subject.otherNames.length > 0) return "email and URI subjectAltNames are not allowed";
    return nodeSubject(subject) ?? hasUsages(usages, "server auth");
  },
  "kubernetes.io/legacy-unknown": () => undefined,
};

const has = ({ status }: Request, type: string): boolean => isConditionTrue(status?.conditions, type);

export const certificateSigningController = (signer: CertificateSigner): Controller<CertificateSigningRequest> => ({
  name: "csrsigning",
  account: "certificate-controller",
  reconciles: CertificateSigningRequest,
  wokenBy: [],
  async reconcile(request, { client, clock }) {
    const { signerName, usages = [], expirationSeconds, request: encoded } = request.spec;
    const rule = SIGNERS[signerName];
    if (rule === undefined || request.status?.certificate) return;
    if (!has(request, "Approved") || has(request, "Denied") || has(request, "Failed")) return;
    const pem = decodeUtf8(decodeBase64(encoded));
    const refuse = async (message: string): Promise<void> => {
      const now = formatTime(clock.now());
      const failed = { type: "Failed", status: "True", reason: "SignerValidationFailure", message };
      const condition = { ...failed, lastUpdateTime: now, lastTransitionTime: now };
      const status = { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] };
      await client.updateStatusIfChanged(CertificateSigningRequest, request, status);
    };
    let subject: CertificateSubject;
    try {
      subject = await signer.read(pem);
    } catch (error) {
      return refuse(`unable to parse csr: ${messageOf(error)}`);
    }
    const refusal = rule(subject, new Set(usages));
    if (refusal !== undefined) return refuse(refusal);
    const lifeMs = Math.min(YEAR_MS, expirationSeconds === undefined ? YEAR_MS : expirationSeconds * 1_000);
    const certificate = await signer.sign(pem, { usages, lifeMs });
    const status = { ...request.status, certificate: encodeBase64(encodeUtf8(certificate)) };
    await client.updateStatusIfChanged(CertificateSigningRequest, request, status);
  },
});

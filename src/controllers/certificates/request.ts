/** What a CertificateSigningRequest asks for, and by which rules it is for a kubelet. Pure. */
import type { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { isConditionTrue } from "../../api/conditions.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

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

/** Why a request is refused, in the words of the condition. */
export type Rule = (subject: CertificateSubject, usages: ReadonlySet<string>) => string | undefined;

export const KUBELET_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";
const NODES = "system:nodes";
const NODE_PREFIX = "system:node:";

export const onlyUsages = (usages: ReadonlySet<string>, allowed: readonly string[]): boolean =>
  [...usages].every((usage) => allowed.includes(usage));

export function nodeSubject({ commonName, organizations }: CertificateSubject): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODES) return `subject organization is not ${NODES}`;
  return commonName.startsWith(NODE_PREFIX) ? undefined : `subject common name does not begin with ${NODE_PREFIX}`;
}

export function hasUsages(usages: ReadonlySet<string>, purpose: string): string | undefined {
  const isFit =
    usages.has(purpose) &&
    usages.has("digital signature") &&
    onlyUsages(usages, [purpose, "digital signature", "key encipherment"]);
  return isFit ? undefined : "usages did not match";
}

/** Why a request is not for the client certificate of a kubelet. */
export const kubeletClient: Rule = (subject, usages) => {
  const { dnsNames, addresses, otherNames } = subject;
  if (dnsNames.length + addresses.length + otherNames.length > 0) return "subjectAltNames are not allowed";
  return nodeSubject(subject) ?? hasUsages(usages, "client auth");
};

export const hasCondition = ({ status }: DeepReadonly<CertificateSigningRequest>, type: string): boolean =>
  isConditionTrue(status?.conditions, type);

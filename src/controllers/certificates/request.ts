/** What a CertificateSigningRequest asks for, and by which rules it is for a kubelet. Pure. */
import type { CertificateSigningRequest } from "../../api/certificates/certificate-signing-request.ts";
import { isConditionTrue } from "../../api/conditions.ts";
import type { RequestedSubject } from "../../base/certificate-subject.ts";
import type { DeepReadonly } from "../../base/readonly.ts";

/** The key of an authority, wherever it is kept. */
export interface CertificateSigner {
  /** Whom a request in PEM is for. Rejects where it cannot be read. */
  read(request: string): Promise<RequestedSubject>;
  /** PEM of the certificate. */
  sign(request: string, options: { usages: readonly string[]; lifeMs: number }): Promise<string>;
}

/** Why a request is refused, in the words of the condition. */
export type Rule = (subject: RequestedSubject, usages: ReadonlySet<string>) => string | undefined;

export const KUBELET_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";
const NODES = "system:nodes";
const NODE_PREFIX = "system:node:";
const SIGNATURE = "digital signature";
const ENCIPHERMENT = "key encipherment";

/** Keys that are not RSA encipher nothing. */
function nodeUsages(usages: ReadonlySet<string>, purpose: string): string | undefined {
  const wanted = [purpose, SIGNATURE, ENCIPHERMENT];
  const isFit = [purpose, SIGNATURE].every((usage) => usages.has(usage)) && [...usages].every((usage) => wanted.includes(usage));
  return isFit ? undefined : `usages did not match [${wanted.sort().join(" ")}]`;
}

const nodeGroup = ({ organizations }: RequestedSubject): string | undefined =>
  organizations.length === 1 && organizations[0] === NODES ? undefined : `subject organization is not ${NODES}`;

const nodeName = ({ commonName }: RequestedSubject): string | undefined =>
  commonName.startsWith(NODE_PREFIX) ? undefined : `subject common name does not begin with ${NODE_PREFIX}`;

const none = (names: readonly string[], what: string): string | undefined =>
  names.length > 0 ? `${what} subjectAltNames are not allowed` : undefined;

const address = ({ dnsNames, addresses }: RequestedSubject): string | undefined =>
  dnsNames.length + addresses.length === 0 ? "DNS or IP subjectAltName is required" : undefined;

/** Why a request is not for the client certificate of a kubelet. */
export const kubeletClient: Rule = (subject, usages) =>
  nodeGroup(subject) ??
  none(subject.dnsNames, "DNS") ??
  none(subject.emailAddresses, "Email") ??
  none(subject.addresses, "IP") ??
  none(subject.uris, "URI") ??
  nodeName(subject) ??
  nodeUsages(usages, "client auth");

/** Why a request is not for the serving certificate of a kubelet. */
export const kubeletServing: Rule = (subject, usages) =>
  nodeGroup(subject) ??
  address(subject) ??
  none(subject.emailAddresses, "Email") ??
  none(subject.uris, "URI") ??
  nodeUsages(usages, "server auth") ??
  nodeName(subject);

/** Why a request is not for a client of the API. */
export const apiClient: Rule = (_, usages) => {
  for (const usage of usages)
    if (!["client auth", SIGNATURE, ENCIPHERMENT].includes(usage)) return `invalid usage for client certificate: ${usage}`;
  return usages.has("client auth") ? undefined : "missing required usage for client certificate: client auth";
};

export const hasCondition = ({ status }: DeepReadonly<CertificateSigningRequest>, type: string): boolean =>
  isConditionTrue(status?.conditions, type);
